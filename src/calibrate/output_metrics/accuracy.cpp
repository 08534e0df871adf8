// The share of rows whose largest element is the one that is expected; rows with a negative label do not
// count.
#include "calibrate/output_metric.h"

namespace espalier::calibrate::output_metrics_::accuracy_ {
namespace {

double measure(const Judged& judged) {
    const std::vector<std::int64_t> labels = labels_of(judged);
    std::size_t at = 0;
    std::int64_t right = 0;
    std::int64_t count = 0;
    each_row(judged.outputs, [&](std::span<const float> row) {
        const std::int64_t label = labels[at++];
        if (label < 0) return;
        ++count;
        right += largest(row) == label ? 1 : 0;
    });
    return static_cast<double>(right) / static_cast<double>(count);
}

}  // namespace

extern const OutputMetric accuracy{.name = "accuracy",
                                   .summary = "share of rows whose largest element is the expected one",
                                   .formula = "mean_i [argmax y_i = t_i]",
                                   .needs_expected = true,
                                   .measure = measure};

}  // namespace espalier::calibrate::output_metrics_::accuracy_
