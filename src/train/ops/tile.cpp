// Tile: repeated along each dimension.
#include "train/executor/op.h"

namespace espalier::train::ops_::tile_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = inputs[0].repeat(integers(inputs[1]));
}

}  // namespace

extern const TrainOp tile{.name = "Tile", .summary = "at::Tensor::repeat", .forward = forward};

}  // namespace espalier::train::ops_::tile_
