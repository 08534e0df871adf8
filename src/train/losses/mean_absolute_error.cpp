// Mean absolute error, of numbers or against one-hot classes, over examples and all that each has:
//   L = mean_ij |z_ij - y_ij|
#include "train/loop/rows.h"
#include "train/loss.h"

namespace espalier::train::losses_::mean_absolute_error_ {
namespace {

at::Tensor compute(const LossInput& in) {
    return at::l1_loss(in.outputs, as_numbers(in.targets, in.outputs));
}

}  // namespace

extern const Loss mean_absolute_error{.name = "mean-absolute-error",
                                      .summary = "distance to the target, or to the one-hot label",
                                      .formula = "mean_ij |z_ij - y_ij|",
                                      .compute = compute};

}  // namespace espalier::train::losses_::mean_absolute_error_
