// The share of rows whose largest element is where it was before: what a classifier, or a language model's
// next token, says as it did.
#include "calibrate/output_metric.h"

namespace espalier::calibrate::output_metrics_::agreement_ {
namespace {

double measure(const Judged& judged) {
    std::int64_t same = 0;
    each_pair(judged, [&](std::span<const float> row, std::span<const float> before) {
        same += largest(row) == largest(before) ? 1 : 0;
    });
    return static_cast<double>(same) / static_cast<double>(count_rows(judged.outputs));
}

}  // namespace

extern const OutputMetric agreement{.name = "agreement",
                                    .summary = "share of rows whose largest element is where it was",
                                    .formula = "mean_i [argmax y_i = argmax y0_i]",
                                    .needs_reference = true,
                                    .measure = measure};

}  // namespace espalier::calibrate::output_metrics_::agreement_
