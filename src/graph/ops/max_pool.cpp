// MaxPool: the largest value under the window; what is padded counts as -infinity.
#include "graph/op.h"
#include "graph/window.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    if (context.node().outputs.size() > 1 && !context.node().outputs[1].empty())
        context.refuse("the second output of MaxPool, the indices, is not supported");
    const Dims& x = context.input(0).dims;
    const auto [height, width] = slide(context, Window::of(context.node()));
    context.set_output(0, {context.input(0).dtype, {x[0], x[1], height, width}});
}

}  // namespace

extern const Operator max_pool{
    .name = "MaxPool", .summary = "largest value under a window", .outputs = 2, .infer = infer};

}  // namespace espalier::ops_
