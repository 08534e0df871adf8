// ThresholdedRelu: y = x for x > alpha, else 0.
#include "train/executor/op.h"

namespace espalier::train::ops_::thresholded_relu_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] = at::threshold(inputs[0], node.attribute_float("alpha", 1), 0);
}

}  // namespace

extern const TrainOp thresholded_relu{
    .name = "ThresholdedRelu", .summary = "at::threshold", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::thresholded_relu_
