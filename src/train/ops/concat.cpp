// Concat: the inputs behind each other along an axis.
#include <algorithm>

#include "train/executor/lanes.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::concat_ {
namespace {

/// Channels of images, in lanes one run of memory each.
at::Tensor channels_in_lanes(std::span<const at::Tensor> inputs) {
    std::vector<at::Tensor> channels;
    for (const at::Tensor& input : inputs) channels.push_back(to_lanes(input).permute({1, 2, 3, 0}));
    return at::cat(channels, 0).permute({3, 0, 1, 2});
}

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const std::int64_t axis = from_front(node.attribute_int("axis", 0), inputs[0].dim());
    if (axis == 1 && std::ranges::any_of(inputs, is_in_lanes)) {
        outputs[0] = channels_in_lanes(inputs);
        return;
    }
    std::vector<at::Tensor> usual;
    for (const at::Tensor& input : inputs) usual.push_back(from_lanes(input));
    outputs[0] = at::cat(usual, axis);
}

}  // namespace

extern const TrainOp concat{.name = "Concat", .summary = "at::cat", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::concat_
