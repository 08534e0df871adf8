// Split: parts of a value along an axis, of the sizes given or of one size for all.
#include "train/executor/op.h"

namespace espalier::train::ops_::split_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const std::int64_t axis = from_front(node.attribute_int("axis", 0), inputs[0].dim());
    const std::int64_t parts = std::ssize(outputs);
    const at::Tensor given = optional_input(inputs, 1);
    const auto sizes = given.defined()
                           ? integers(given)
                           : std::vector<std::int64_t>(outputs.size(), inputs[0].size(axis) / parts);
    std::int64_t first = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        outputs[i] = inputs[0].narrow(axis, first, sizes[i]);
        first += sizes[i];
    }
}

}  // namespace

extern const TrainOp split{.name = "Split", .summary = "views", .forward = forward};

}  // namespace espalier::train::ops_::split_
