// Mean intersection over union (Jaccard index), over the classes c that are the target or the output of any
// row:
//   mean_c #{i : argmax_j z_ij = c and y_i = c} / #{i : argmax_j z_ij = c or y_i = c}
#include "train/judging/metric.h"
#include "train/libtorch/torch.h"

namespace espalier::train::metrics_::mean_iou_ {
namespace {

/// By class: both, the target's, the output's.
at::Tensor sums(const MetricInput& in) {
    const std::int64_t classes = in.outputs.size(1);
    const at::Tensor said = in.outputs.argmax(1);
    const auto count = [&](const at::Tensor& of) { return at::bincount(of, {}, classes).to(at::kDouble); };
    return at::cat({count(in.targets.index({said.eq(in.targets)})), count(in.targets), count(said)});
}

double value(std::span<const double> sums, double /*rows*/) {
    const std::size_t classes = sums.size() / 3;
    double total = 0;
    double seen = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        const double either = sums[classes + c] + sums[2 * classes + c] - sums[c];
        if (either == 0) continue;
        total += sums[c] / either;
        ++seen;
    }
    return seen == 0 ? 0 : total / seen;
}

}  // namespace

extern const Metric mean_iou{.name = "mean-iou",
                             .summary = "intersection over union of target and output, mean over classes",
                             .formula = "mean_c #{i : both c} / #{i : either c}",
                             .sums = sums,
                             .value = value,
                             .targets = TargetKind::classes};

}  // namespace espalier::train::metrics_::mean_iou_
