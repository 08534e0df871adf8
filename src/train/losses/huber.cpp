// Huber's loss (Huber 1964, "Robust Estimation of a Location Parameter"), of numbers or against one-hot
// classes: quadratic up to a distance d, and linear from there, so that outliers pull no harder than that.
//   L = mean_ij h(z_ij - y_ij),   h(e) = e^2 / 2 for |e| <= d, else d (|e| - d / 2)
#include "train/loop/rows.h"
#include "train/loss.h"

namespace espalier::train::losses_::huber_ {
namespace {

at::Tensor compute(const LossInput& in) {
    return at::huber_loss(in.outputs, as_numbers(in.targets, in.outputs), at::Reduction::Mean,
                          in.settings.huber_distance);
}

constexpr ReadKey kReads[] = {{.key = "train.huber_distance"}};

}  // namespace

extern const Loss huber{
    .name = "huber",
    .summary = "squared distance to the target up to huber_distance, linear beyond",
    .formula = "mean_ij h(z_ij - y_ij), h(e) = e^2 / 2 for |e| <= d, else d (|e| - d / 2)",
    .compute = compute,
    .reads = kReads};

}  // namespace espalier::train::losses_::huber_
