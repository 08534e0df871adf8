// Mean squared error against one-hot labels, over examples and classes:
//   L = mean_ij (z_ij - [j = label(i)])^2
#include "train/libtorch/torch.h"
#include "train/loss.h"

namespace espalier::train::losses_::mean_squared_error_ {
namespace {

at::Tensor compute(const LossInput& in) {
    const at::Tensor target = at::one_hot(in.labels, in.outputs.size(1)).to(in.outputs.scalar_type());
    return at::mse_loss(in.outputs, target);
}

}  // namespace

extern const Loss mean_squared_error{.name = "mean-squared-error",
                                     .summary = "squared distance to the one-hot label",
                                     .formula = "mean_ij (z_ij - [j = label(i)])^2",
                                     .compute = compute};

}  // namespace espalier::train::losses_::mean_squared_error_
