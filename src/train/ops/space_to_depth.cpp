// SpaceToDepth: squares of pixels become channels.
#include "train/executor/op.h"

namespace espalier::train::ops_::space_to_depth_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const std::int64_t block = node.attribute_int("blocksize", 1);
    const std::int64_t rows = x.size(2) / block;
    const std::int64_t columns = x.size(3) / block;
    outputs[0] = x.reshape({x.size(0), x.size(1), rows, block, columns, block})
                     .permute({0, 3, 5, 1, 2, 4})
                     .reshape({x.size(0), block * block * x.size(1), rows, columns});
}

}  // namespace

extern const TrainOp space_to_depth{.name = "SpaceToDepth", .summary = "views", .forward = forward};

}  // namespace espalier::train::ops_::space_to_depth_
