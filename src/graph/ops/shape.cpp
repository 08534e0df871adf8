// Shape: the dimensions of a value, from `start` (default 0) up to `end` (default all).
#include <algorithm>

#include "graph/evaluation.h"

namespace espalier::ops_::shape_ {
namespace {

struct Range {
    std::size_t begin, end;
};

Range range_of(const Node& node, std::size_t rank) {
    const auto count = static_cast<std::int64_t>(rank);
    const auto place = [&](const char* key, std::int64_t fallback) {
        const std::int64_t at = node.attribute_int(key, fallback);
        return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count);
    };
    const std::int64_t begin = place("start", 0);
    return {static_cast<std::size_t>(begin), static_cast<std::size_t>(std::max(begin, place("end", count)))};
}

void infer(InferContext& context) {
    const Range range = range_of(context.node(), context.input(0).dims.size());
    context.set_output(0, {DType::i64, {Dim(static_cast<std::int64_t>(range.end - range.begin))}});
}

std::optional<Elements> trace(const InferContext& context) {
    const Dims& dims = context.input(0).dims;
    const Range range = range_of(context.node(), dims.size());
    Elements elements;
    for (std::size_t i = range.begin; i < range.end; ++i) elements.push_back(Element::of(dims[i]));
    return elements;
}

void evaluate(Evaluation& e) {
    const Shape& shape = e.input(0).shape();
    const Range range = range_of(e.node(), shape.size());
    std::copy(shape.begin() + static_cast<std::ptrdiff_t>(range.begin),
              shape.begin() + static_cast<std::ptrdiff_t>(range.end), e.result<std::int64_t>());
}

}  // namespace

extern const Operator shape{.name = "Shape",
                            .summary = "the dimensions of a value",
                            .infer = infer,
                            .evaluate = evaluate,
                            .takes_halves = true,
                            .trace = trace};

}  // namespace espalier::ops_::shape_
