// kept_l = u + 2 d (D_l - min D) / (max D - min D), d = 0.08, with one u that meets the target; D_l is the
// share of the layer's scores above 5 times their mean. Yin et al. 2024, "Outlier Weighed Layerwise Sparsity
// (OWL): A Missing Secret Sauce for Pruning LLMs to High Sparsity": with Wanda's scores (criterion "wanda",
// or one that chooses layer by layer). The paper's 5 and 0.08.
#include <algorithm>
#include <cmath>

#include "base/threads/parallel.h"
#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::owl_ {
namespace {

constexpr double kTimesTheMean = 5;
constexpr double kSpread = 0.08;

/// Calls visit(size of the score) for every unit that is left.
template <class Visit>
void each_score(const UnitScores& scores, const Visit& visit) {
    std::vector<float> part;
    for (std::int64_t first = 0; first < scores.units(); first += scores.chunk()) {
        part.resize(static_cast<std::size_t>(std::min(scores.chunk(), scores.units() - first)));
        scores.score(first, part);
        for (const float score : part) {
            if (score != kPrunedScore) visit(std::abs(static_cast<double>(score)));
        }
    }
}

double share_of_outliers(const UnitScores& scores) {
    double sum = 0;
    std::int64_t count = 0;
    each_score(scores, [&](double score) {
        sum += score;
        ++count;
    });
    if (count == 0) return 0;
    const double mean = sum / static_cast<double>(count);
    std::int64_t above = 0;
    each_score(scores, [&](double score) { above += score > kTimesTheMean * mean ? 1 : 0; });
    return static_cast<double>(above) / static_cast<double>(count);
}

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int threads) {
    std::vector<double> outliers(layers.size());
    // A layer a thread, so that sums are the same for any number of threads.
    parallel_for(std::ssize(layers), threads, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
            outliers[i] = share_of_outliers(*layers[i].scores);
    });
    const auto [least, most] = std::ranges::minmax(outliers);
    std::vector<double> more(layers.size());
    for (std::size_t i = 0; i < layers.size() && most > least; ++i)
        more[i] = 2 * kSpread * (outliers[i] - least) / (most - least);
    return pools_around(layers, target, more);
}

}  // namespace

extern const Scope owl{
    .name = "owl",
    .summary = "layers with more outliers among their scores keep more, within 0.08 about the mean",
    .formula =
        "kept_l = u + 0.16 * (D_l - min D) / (max D - min D), D_l = share of scores above 5 times their mean",
    .source = "Yin et al. 2024, Outlier Weighed Layerwise Sparsity",
    .spend = spend};

}  // namespace espalier::prune::scopes_::owl_
