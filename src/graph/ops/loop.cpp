// Loop: a body that is repeated. Inputs: number of times, condition (each may be left out), values carried
// from round to round. Its body reads round, condition, carried values, and gives condition, carried values,
// and values that are stacked over the rounds. The runtime executes them
// (runtime/sections).
#include "graph/op.h"

namespace espalier::ops_::loop_ {
namespace {

void infer(InferContext& context) {
    const std::size_t carried = context.node().inputs.size() - 2;
    const std::size_t outputs = context.node().outputs.size();
    const Graph& body = context.body("body");
    if (body.inputs.size() != carried + 2) {
        context.fail("the body has " + std::to_string(body.inputs.size()) + " inputs, expected " +
                     std::to_string(carried + 2));
    }
    const auto given = context.body_outputs("body");
    if (outputs < carried || given.size() != outputs + 1) {
        context.fail(std::to_string(outputs) + " outputs of " + std::to_string(carried) +
                     " carried values, but the body gives " + std::to_string(given.size()));
    }
    for (std::size_t i = 0; i < outputs; ++i) {
        ValueType type = given[i + 1];
        if (i < carried) {
            if (!context.has_input(i + 2))
                context.fail("carried value " + std::to_string(i) + " is left out");
            const ValueType& first = context.input(i + 2);  // what comes out if there is no round
            if (first.dtype != type.dtype || first.dims.size() != type.dims.size()) {
                context.refuse("carried value " + std::to_string(i) + " is " + to_string(first.dims) +
                               " before and " + to_string(type.dims) + " after a round");
            }
            for (std::size_t d = 0; d < type.dims.size(); ++d) {
                if (!(type.dims[d] == first.dims[d])) type.dims[d] = Dim();
            }
        } else {
            type.dims.insert(type.dims.begin(), Dim());
        }
        context.set_output(i, std::move(type));
    }
}

}  // namespace

extern const Operator loop{.name = "Loop",
                           .summary = "a body that is repeated",
                           .min_inputs = 2,
                           .max_inputs = kAnyNumber,
                           .outputs = kAnyNumber,
                           .infer = infer,
                           .may_leave_out = true};

}  // namespace espalier::ops_::loop_
