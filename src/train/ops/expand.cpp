// Expand: repeated to a shape by broadcasting, both ways.
#include <ATen/ExpandUtils.h>

#include "train/executor/op.h"

namespace espalier::train::ops_::expand_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = inputs[0].expand(at::infer_size(inputs[0].sizes(), integers(inputs[1])));
}

}  // namespace

extern const TrainOp expand{.name = "Expand", .summary = "a view", .forward = forward};

}  // namespace espalier::train::ops_::expand_
