// Add: element-wise sum with numpy broadcasting.
#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    context.set_output(
        0, {context.input(0).dtype, broadcast(context, context.input(0).dims, context.input(1).dims)});
}

}  // namespace

extern const Operator add{
    .name = "Add", .summary = "element-wise sum", .min_inputs = 2, .max_inputs = 2, .infer = infer};

}  // namespace espalier::ops_
