// Mean squared error, of numbers or against one-hot classes, over examples and all that each has:
//   L = mean_ij (z_ij - y_ij)^2
#include "train/loop/rows.h"
#include "train/loss.h"

namespace espalier::train::losses_::mean_squared_error_ {
namespace {

at::Tensor compute(const LossInput& in) {
    return at::mse_loss(in.outputs, as_numbers(in.targets, in.outputs));
}

}  // namespace

extern const Loss mean_squared_error{.name = "mean-squared-error",
                                     .summary = "squared distance to the target, or to the one-hot label",
                                     .formula = "mean_ij (z_ij - y_ij)^2",
                                     .compute = compute};

}  // namespace espalier::train::losses_::mean_squared_error_
