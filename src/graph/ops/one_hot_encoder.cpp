// OneHotEncoder (ai.onnx.ml 1): a dimension of the categories behind the others, 1 where the value is one. A
// value that is none gives zeros, or with zeros=0 is refused.
#include <fmt/format.h>

#include <algorithm>

#include "graph/evaluation.h"
#include "tensor/convert.h"

namespace espalier::ops_::one_hot_encoder_ {
namespace {

std::vector<std::int64_t> categories(const InferContext& context) {
    const auto values = context.node().attribute_ints("cats_int64s", {});
    if (values.empty()) context.refuse("categories that are strings are not supported");
    return values;
}

void infer(InferContext& context) {
    Dims out = context.input(0).dims;
    const DType dtype = context.input(0).dtype;
    if (dtype != DType::f32 && dtype != DType::f64 && dtype != DType::i64 && dtype != DType::i32)
        context.refuse(fmt::format("OneHotEncoder of {} is not supported", name_of(dtype)));
    out.emplace_back(static_cast<std::int64_t>(categories(context).size()));
    context.set_output(0, {DType::f32, std::move(out)});
}

void evaluate(Evaluation& e) {
    const auto values = e.node().attribute_ints("cats_int64s", {});
    const bool zeros = e.node().attribute_int("zeros", 1) != 0;
    const Tensor x = converted(e.input(0), DType::i64);
    float* y = e.result<float>();
    for (const std::int64_t value : x.as<std::int64_t>()) {
        const auto found = std::ranges::find(values, value);
        if (found != values.end()) {
            y[found - values.begin()] = 1;
        } else if (!zeros) {
            e.fail(fmt::format("{} is none of its categories", value));
        }
        y += values.size();
    }
}

}  // namespace

extern const Operator one_hot_encoder{.name = "OneHotEncoder",
                                      .summary = "categories as ones among zeros",
                                      .infer = infer,
                                      .evaluate = evaluate,
                                      .domain = kMlDomain};

}  // namespace espalier::ops_::one_hot_encoder_
