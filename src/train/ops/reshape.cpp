// Reshape: the same elements under another shape; 0 keeps a dimension, -1 takes what is left.
#include "train/op.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const at::Tensor given = inputs[1].contiguous();
    std::vector<std::int64_t> shape(given.data_ptr<std::int64_t>(),
                                    given.data_ptr<std::int64_t>() + given.numel());
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 0) shape[i] = x.size(static_cast<std::int64_t>(i));
    }
    outputs[0] = x.reshape(shape);
}

}  // namespace

extern const TrainOp reshape{.name = "Reshape", .summary = "a view where it can be", .forward = forward};

}  // namespace espalier::train::ops_
