// The mean over rows of the cosine between a row and what it was before: for embeddings, whose lengths do not
// count.
#include "calibrate/output_metric.h"

namespace espalier::calibrate::output_metrics_::cosine_ {
namespace {

double measure(const Judged& judged) {
    double sum = 0;
    each_pair(judged, [&](std::span<const float> row, std::span<const float> before) {
        sum += cosine_of(row, before);
    });
    return sum / static_cast<double>(count_rows(judged.outputs));
}

}  // namespace

extern const OutputMetric cosine{.name = "cosine",
                                 .summary = "mean cosine between a row and what it was",
                                 .formula = "mean_i y_i . y0_i / (|y_i| |y0_i|)",
                                 .needs_reference = true,
                                 .measure = measure};

}  // namespace espalier::calibrate::output_metrics_::cosine_
