// Softmax (opset 13): y_i = exp(x_i - max x) / sum_j exp(x_j - max x) along `axis` (default the last).
#include <fmt/format.h>

#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    const auto rank = static_cast<std::int64_t>(context.input(0).dims.size());
    const std::int64_t axis = context.node().attribute_int("axis", -1);
    if (axis < -rank || axis >= rank)
        context.fail(fmt::format("axis={} of a value with {} dimensions", axis, rank));
    context.set_output(0, context.input(0));
}

}  // namespace

extern const Operator softmax{.name = "Softmax", .summary = "normalised exponentials", .infer = infer};

}  // namespace espalier::ops_
