// Flatten: [d_0, ..., d_(n-1)] -> [d_0 * ... * d_(axis-1), d_axis * ... * d_(n-1)], axis = 1 by default.
#include <fmt/format.h>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::flatten_ {
namespace {

void infer(InferContext& context) {
    const Dims& in = context.input(0).dims;
    const auto rank = static_cast<std::int64_t>(in.size());
    std::int64_t axis = context.node().attribute_int("axis", 1);
    if (axis < -rank || axis > rank)
        context.fail(fmt::format("axis={} of a value with {} dimensions", axis, rank));
    if (axis < 0) axis += rank;
    const std::span all(in);
    const auto split = static_cast<std::size_t>(axis);
    context.set_output(0, {context.input(0).dtype,
                           {product(context, all.first(split)), product(context, all.subspan(split))}});
}

void evaluate(Evaluation& e) { e.reshape(); }

}  // namespace

extern const Operator flatten{.name = "Flatten",
                              .summary = "to a matrix",
                              .infer = infer,
                              .evaluate = evaluate,
                              .takes_halves = true,
                              .moves = 1,
                              .keeps_examples = keeps_first_axis};

}  // namespace espalier::ops_::flatten_
