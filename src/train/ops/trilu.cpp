// Trilu: the upper or lower triangle of each matrix; 0 elsewhere.
#include <algorithm>

#include "train/executor/op.h"

namespace espalier::train::ops_::trilu_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const at::Tensor given = optional_input(inputs, 1);
    // Beyond the corners nothing changes.
    const std::int64_t most = x.size(-1) + x.size(-2);
    const std::int64_t diagonal = given.defined() ? std::clamp(integers(given).front(), -most, most) : 0;
    outputs[0] = node.attribute_int("upper", 1) != 0 ? at::triu(x, diagonal) : at::tril(x, diagonal);
}

}  // namespace

extern const TrainOp trilu{.name = "Trilu", .summary = "at::triu and at::tril", .forward = forward};

}  // namespace espalier::train::ops_::trilu_
