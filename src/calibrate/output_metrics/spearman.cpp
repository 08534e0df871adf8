// Spearman's rank correlation between cosines of pairs of sentences and how alike people find them: examples
// 0 and 1 are the first pair, 2 and 3 the second, ... An example's embedding is the mean of its rows (of its
// positions), so examples are best given without padding. Equal values share the mean of their ranks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "calibrate/output_metric.h"
#include "espalier/error.h"

namespace espalier::calibrate::output_metrics_::spearman_ {
namespace {

using Numbers = std::vector<double>;

/// One an example, of all runs; their means over all dimensions between the first and the last.
std::vector<std::vector<float>> embeddings_of(std::span<const Tensor> outputs) {
    std::vector<std::vector<float>> all;
    for (const Tensor& output : outputs) {
        if (output.rank() < 2)
            throw BadData(
                fmt::format("metric \"spearman\": the output is {}, expected embeddings of examples",
                            to_string(output.shape())));
        const auto examples = static_cast<std::size_t>(output.shape().front());
        const auto width = static_cast<std::size_t>(output.shape().back());
        const std::size_t rows = output.f32().size() / std::max<std::size_t>(1, examples * width);
        for (std::size_t i = 0; i < examples; ++i) {
            Numbers sums(width);
            for (std::size_t at = 0; at < rows * width; ++at)
                sums[at % width] += output.f32()[i * rows * width + at];
            all.emplace_back(sums.begin(), sums.end());  // the mean's direction is the sum's
        }
    }
    return all;
}

Numbers ranks_of(const Numbers& values) {
    if (std::ranges::any_of(values, [](double value) { return std::isnan(value); }))
        throw BadData(
            "metric \"spearman\": among the values is one that is no number (NaN), which has no rank");
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
    Numbers ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
        for (std::size_t i = first; i <= last; ++i) ranks[order[i]] = static_cast<double>(first + last) / 2;
        first = last + 1;
    }
    return ranks;
}

double correlation(const Numbers& a, const Numbers& b) {
    const auto count = static_cast<double>(a.size());
    const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / count;
    const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / count;
    double both = 0;
    double squares_a = 0;
    double squares_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        both += (a[i] - mean_a) * (b[i] - mean_b);
        squares_a += (a[i] - mean_a) * (a[i] - mean_a);
        squares_b += (b[i] - mean_b) * (b[i] - mean_b);
    }
    if (squares_a == 0 || squares_b == 0)
        throw BadData("metric \"spearman\": all values are equal, which have no order");
    return both / std::sqrt(squares_a * squares_b);
}

Numbers numbers_of(const Tensor& tensor) {
    if (tensor.dtype() == DType::f64) return {tensor.as<double>().begin(), tensor.as<double>().end()};
    if (tensor.dtype() == DType::f32) return {tensor.f32().begin(), tensor.f32().end()};
    throw BadData(
        fmt::format("metric \"spearman\": expected values are {}, not f32 or f64", name_of(tensor.dtype())));
}

double measure(const Judged& judged) {
    const auto embeddings = embeddings_of(judged.outputs);
    const Numbers judgements = numbers_of(*judged.expected);
    if (embeddings.size() != 2 * judgements.size() || judgements.size() < 2)
        throw BadData(
            fmt::format("metric \"spearman\": {} expected values for {} examples, expected one for each two",
                        judgements.size(), embeddings.size()));
    Numbers cosines;
    for (std::size_t i = 0; i < embeddings.size(); i += 2)
        cosines.push_back(cosine_of(embeddings[i], embeddings[i + 1]));
    return correlation(ranks_of(cosines), ranks_of(judgements));
}

}  // namespace

extern const OutputMetric spearman{
    .name = "spearman",
    .summary = "rank correlation of cosines of neighbouring examples with what is expected of each pair",
    .formula = "corr(rank cos(e_2i, e_2i+1), rank t_i)",
    .needs_expected = true,
    .measure = measure};

}  // namespace espalier::calibrate::output_metrics_::spearman_
