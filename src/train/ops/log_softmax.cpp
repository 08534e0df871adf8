// LogSoftmax: logarithms of normalised exponentials along an axis.
#include "train/executor/op.h"

namespace espalier::train::ops_::log_softmax_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] = at::log_softmax(inputs[0], node.attribute_int("axis", -1));
}

}  // namespace

extern const TrainOp log_softmax{.name = "LogSoftmax", .summary = "at::log_softmax", .forward = forward};

}  // namespace espalier::train::ops_::log_softmax_
