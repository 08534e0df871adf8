// ConstantOfShape: one value (default 0 in f32) all over a shape.
#include <fmt/format.h>

#include <algorithm>

#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::constant_of_shape_ {
namespace {

/// The attribute `value`; null for the default.
const Tensor* value_of(const Node& node) {
    const auto found = node.attributes.find("value");
    return found == node.attributes.end() ? nullptr : std::get_if<Tensor>(&found->second);
}

void infer(InferContext& context) {
    const Tensor* value = value_of(context.node());
    if (value == nullptr && context.node().attributes.contains("value"))
        context.fail("attribute \"value\" has the wrong type");
    if (value != nullptr && value->count() != 1)
        context.fail(fmt::format("value has {} elements, expected one", value->count()));
    context.set_output(0, {value != nullptr ? value->dtype() : DType::f32, given_dims(context, 0)});
}

void evaluate(Evaluation& e) {
    const Tensor* value = value_of(e.node());
    Tensor& y = e.output();
    if (value == nullptr) return;
    as_bits(size_of(y.dtype()), [&](auto zero) {
        using T = decltype(zero);
        std::fill_n(reinterpret_cast<T*>(y.bytes().data()), y.count(),
                    *reinterpret_cast<const T*>(value->bytes().data()));
    });
}

}  // namespace

extern const Operator constant_of_shape{.name = "ConstantOfShape",
                                        .summary = "one value all over a shape",
                                        .infer = infer,
                                        .evaluate = evaluate,
                                        .takes_halves = true};

}  // namespace espalier::ops_::constant_of_shape_
