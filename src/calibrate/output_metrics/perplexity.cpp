// e^(mean over rows of -log softmax(y_i)[t_i]): among how many equally likely tokens a language model would
// be as unsure as it is of the right ones; rows with a negative label do not count.
#include <algorithm>
#include <cmath>

#include "calibrate/output_metric.h"

namespace espalier::calibrate::output_metrics_::perplexity_ {
namespace {

/// -log softmax(row)[label].
double surprise(std::span<const float> row, std::int64_t label) {
    const double most = *std::ranges::max_element(row);
    double sum = 0;
    for (const float value : row) sum += std::exp(value - most);
    return std::log(sum) + most - row[static_cast<std::size_t>(label)];
}

double measure(const Judged& judged) {
    const std::vector<std::int64_t> labels = labels_of(judged);
    std::size_t at = 0;
    double sum = 0;
    std::int64_t count = 0;
    each_row(judged.outputs, [&](std::span<const float> row) {
        const std::int64_t label = labels[at++];
        if (label < 0) return;
        ++count;
        sum += surprise(row, label);
    });
    return std::exp(sum / static_cast<double>(count));
}

}  // namespace

extern const OutputMetric perplexity{.name = "perplexity",
                                     .summary = "of a language model's logits, with the tokens that follow",
                                     .formula = "e^(mean_i -log softmax(y_i)[t_i])",
                                     .needs_expected = true,
                                     .measure = measure};

}  // namespace espalier::calibrate::output_metrics_::perplexity_
