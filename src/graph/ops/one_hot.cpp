// OneHot: a dimension of `depth` at `axis` (default the last), with values[1] where the index is and
// values[0] elsewhere. An index out of range is nowhere.
#include <fmt/format.h>

#include "graph/evaluation.h"
#include "graph/walk.h"
#include "tensor/convert.h"

namespace espalier::ops_::one_hot_ {
namespace {

std::optional<std::int64_t> depth_of(const InferContext& context) {
    const Tensor* depth = context.constant(1);
    if (depth == nullptr) return {};
    if (depth->count() != 1) context.fail(fmt::format("a depth of {} numbers", depth->count()));
    const std::int64_t value = converted(*depth, DType::i64).as<std::int64_t>()[0];
    if (value < 0) context.fail(fmt::format("a depth of {}", value));
    return value;
}

void infer(InferContext& context) {
    Dims out = context.input(0).dims;
    const std::size_t axis = context.axis_attribute(-1, out.size() + 1);
    context.require_rank(2, 1, "values");
    context.unify(Dim(2), context.input(2).dims[0], "values");
    const auto depth = depth_of(context);
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(axis), depth ? Dim(*depth) : Dim());
    context.set_output(0, {context.input(2).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const Tensor indices = converted(e.input(0), DType::i64);
    const Shape& y = e.output().shape();
    const std::size_t axis = e.axis(-1, y.size());
    const std::int64_t depth = y[axis];
    const std::int64_t inner = product_of(y, axis + 1, y.size());
    as_bits(size_of(e.input(2).dtype()), [&](auto zero) {
        using T = decltype(zero);
        const T* values = reinterpret_cast<const T*>(e.input(2).bytes().data());
        T* to = reinterpret_cast<T*>(e.output().bytes().data());
        std::fill_n(to, e.output().count(), values[0]);
        std::int64_t i = 0;
        for (std::int64_t index : indices.as<std::int64_t>()) {
            if (index < 0) index += depth;
            if (index >= 0 && index < depth) to[(i / inner * depth + index) * inner + i % inner] = values[1];
            ++i;
        }
    });
}

constexpr std::size_t kSettings[] = {1, 2};

}  // namespace

extern const Operator one_hot{.name = "OneHot",
                              .summary = "one value at an index, another elsewhere",
                              .min_inputs = 3,
                              .max_inputs = 3,
                              .infer = infer,
                              .evaluate = evaluate,
                              .takes_halves = true,
                              .settings = kSettings};

}  // namespace espalier::ops_::one_hot_
