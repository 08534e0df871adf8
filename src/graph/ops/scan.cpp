// Scan: a body along an axis of its last `num_scan_inputs` inputs, with states carried from step to step. The
// body gives the states, then values that are stacked over the steps. Only read and written; nothing here
// executes bodies.
#include "graph/op.h"

namespace espalier::ops_::scan_ {
namespace {

Dim steps(const InferContext& context, std::size_t states, std::size_t scanned) {
    const auto axes = context.node().attribute_ints("scan_input_axes", std::vector<std::int64_t>(scanned, 0));
    if (axes.size() != scanned) context.fail("scan_input_axes does not name one axis an input");
    Dim count;
    for (std::size_t i = 0; i < scanned; ++i) {
        if (!context.has_input(states + i))
            context.fail("input " + std::to_string(states + i) + " is left out");
        const Dims& dims = context.input(states + i).dims;
        count = context.unify(count, dims[context.axis(axes[i], dims.size())], "number of steps");
    }
    return count;
}

void infer(InferContext& context) {
    const std::size_t inputs = context.node().inputs.size();
    const std::int64_t wanted = context.node().attribute_int("num_scan_inputs", 0);
    if (wanted < 1 || static_cast<std::size_t>(wanted) > inputs) {
        context.fail("num_scan_inputs=" + std::to_string(wanted) + " of " + std::to_string(inputs) +
                     " inputs");
    }
    const auto scanned = static_cast<std::size_t>(wanted);
    const std::size_t states = inputs - scanned;
    const std::size_t outputs = context.node().outputs.size();
    if (context.body("body").inputs.size() != inputs) context.fail("the body has another number of inputs");
    auto given = context.body_outputs("body");
    if (outputs < states || given.size() != outputs) {
        context.fail(std::to_string(outputs) + " outputs, but the body gives " +
                     std::to_string(given.size()));
    }
    const Dim count = steps(context, states, scanned);
    const auto axes =
        context.node().attribute_ints("scan_output_axes", std::vector<std::int64_t>(outputs - states, 0));
    if (axes.size() != outputs - states) context.fail("scan_output_axes does not name one axis an output");
    for (std::size_t i = 0; i < outputs; ++i) {
        Dims& dims = given[i].dims;
        if (i >= states) {
            const auto at = context.axis(axes[i - states], dims.size() + 1);
            dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(at), count);
        }
        context.set_output(i, std::move(given[i]));
    }
}

}  // namespace

extern const Operator scan{.name = "Scan",
                           .summary = "a body along an axis",
                           .max_inputs = kAnyNumber,
                           .outputs = kAnyNumber,
                           .infer = infer};

}  // namespace espalier::ops_::scan_
