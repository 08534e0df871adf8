// |y - y0| / |y0| over all elements (Frobenius); 0 where both are 0.
#include "calibrate/output_error.h"
#include "calibrate/output_metric.h"

namespace espalier::calibrate::output_metrics_::distance_ {
namespace {

double measure(const Judged& judged) {
    RelativeDistance distance;
    each_pair(judged,
              [&](std::span<const float> row, std::span<const float> before) { distance.add(row, before); });
    return distance.value();
}

}  // namespace

extern const OutputMetric distance{.name = "distance",
                                   .summary = "how far all outputs are from those before, over their size",
                                   .formula = "|y - y0| / |y0|",
                                   .needs_reference = true,
                                   .measure = measure};

}  // namespace espalier::calibrate::output_metrics_::distance_
