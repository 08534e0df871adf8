// AveragePool: the mean under the window; with count_include_pad = 0 of what lies in the image.
#include "graph/op.h"
#include "graph/window.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    context.node().attribute_int("count_include_pad", 0);  // throws on another type
    const Dims& x = context.input(0).dims;
    const Window window = Window::of(context.node());
    if (window.ceil && window.auto_pad != AutoPad::explicit_)
        context.refuse("ceil_mode with auto_pad is not supported");
    const auto [height, width] = slide(context, window);
    context.set_output(0, {context.input(0).dtype, {x[0], x[1], height, width}});
}

}  // namespace

extern const Operator average_pool{.name = "AveragePool", .summary = "mean under a window", .infer = infer};

}  // namespace espalier::ops_
