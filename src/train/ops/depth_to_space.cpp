// DepthToSpace: blocks of channels become squares of pixels.
#include "train/executor/op.h"

namespace espalier::train::ops_::depth_to_space_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const std::int64_t block = node.attribute_int("blocksize", 1);
    const std::int64_t channels = x.size(1) / (block * block);
    const bool depth_first = node.attribute_string("mode", "DCR") == "DCR";
    const at::Tensor parts =
        depth_first
            ? x.reshape({x.size(0), block, block, channels, x.size(2), x.size(3)}).permute({0, 3, 4, 1, 5, 2})
            : x.reshape({x.size(0), channels, block, block, x.size(2), x.size(3)})
                  .permute({0, 1, 4, 2, 5, 3});
    outputs[0] = parts.reshape({x.size(0), channels, x.size(2) * block, x.size(3) * block});
}

}  // namespace

extern const TrainOp depth_to_space{.name = "DepthToSpace", .summary = "views", .forward = forward};

}  // namespace espalier::train::ops_::depth_to_space_
