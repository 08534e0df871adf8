// MaxPool: largest value under a window over images of one to three axes.
#include <limits>

#include "train/executor/lanes.h"
#include "train/executor/max_pool.h"
#include "train/executor/op.h"
#include "train/executor/plain_computation.h"
#include "train/executor/window.h"

namespace espalier::train::ops_::max_pool_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const Window window = Window::of(node, image_axes(inputs[0]));
    if (outputs.size() == 1 && has_max_pool(inputs[0], window)) {
        outputs[0] = max_pool(inputs[0], window);
        return;
    }
    const AtenWindow w(window, inputs[0]);
    const at::Tensor x = pad(w, from_lanes(inputs[0]), -std::numeric_limits<double>::infinity());
    if (w.kernel.size() == 1) {
        outputs[0] = at::max_pool1d(x, w.kernel, w.stride, w.pad, w.dilation, w.ceil);
    } else if (w.kernel.size() == 2) {
        outputs[0] = at::max_pool2d(x, w.kernel, w.stride, w.pad, w.dilation, w.ceil);
    } else {
        outputs[0] = at::max_pool3d(x, w.kernel, w.stride, w.pad, w.dilation, w.ceil);
    }
    // ATen counts places in one channel, ONNX in the whole value.
    if (outputs.size() > 1) outputs[1] = compute_plainly(node, inputs)[1];
}

}  // namespace

extern const TrainOp max_pool{.name = "MaxPool",
                              .summary = "train/executor/max_pool.h in lanes, else at::max_pool1d, 2d or 3d",
                              .takes_lanes = true,
                              .forward = forward};

}  // namespace espalier::train::ops_::max_pool_
