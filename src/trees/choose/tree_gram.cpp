#include "trees/choose/tree_gram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "graph/trees/predict.h"

namespace espalier::trees {
namespace {

constexpr std::int64_t kMostRows = 4000;

/// What the trees that predict should add up to.
void add_target(const Grown& grown, const Examples& examples, std::int64_t row, double* target) {
    const double y = examples.y[static_cast<std::size_t>(row)];
    if (examples.classes == 0) {
        target[0] = y;
    } else if (grown.ensemble.binary) {
        target[grown.ensemble.weights.front().output] = y;
    } else {
        target[static_cast<std::size_t>(y)] = 1;
    }
}

}  // namespace

TreeGram tree_gram(const Grown& grown, const Evidence& evidence) {
    const Examples& examples = evidence.held_out != nullptr ? *evidence.held_out : evidence.examples;
    return tree_gram(grown, examples, grown.predicts ? Target::data : Target::trees);
}

TreeGram tree_gram(const Grown& grown, const Examples& examples, Target towards) {
    const Ensemble& ensemble = grown.ensemble;
    const auto outputs = static_cast<std::size_t>(ensemble.outputs);
    const std::int64_t step = std::max<std::int64_t>(1, (examples.rows() + kMostRows - 1) / kMostRows);
    const auto rows = static_cast<std::size_t>((examples.rows() + step - 1) / step);
    const double scale =
        ensemble.aggregate == Aggregate::average ? 1 / static_cast<double>(ensemble.roots.size()) : 1;
    TreeGram gram{
        .trees = ensemble.roots.size(), .with_trees = {}, .with_target = {}, .predicts = grown.predicts};
    const std::size_t width = rows * outputs;
    std::vector<double> said(gram.trees * width);
    std::vector<double> target(width, 0);
    for (std::size_t row = 0; row < rows; ++row) {
        const std::int64_t place = static_cast<std::int64_t>(row) * step;
        for (std::size_t t = 0; t < gram.trees; ++t) {
            const auto leaf =
                static_cast<std::size_t>(leaf_of(ensemble, ensemble.roots[t], examples.row(place)));
            for (std::size_t k = 0; k < outputs; ++k) {
                said[t * width + row * outputs + k] = scale * grown.value(leaf)[k];
                if (towards == Target::trees) target[row * outputs + k] += scale * grown.value(leaf)[k];
            }
        }
        if (towards == Target::data) add_target(grown, examples, place, target.data() + row * outputs);
    }
    const auto product = [&](const double* a, const double* b) {
        double sum = 0;
        for (std::size_t i = 0; i < width; ++i) sum += a[i] * b[i];
        return sum / static_cast<double>(rows);
    };
    gram.with_trees.resize(gram.trees * gram.trees);
    for (std::size_t s = 0; s < gram.trees; ++s) {
        gram.with_target.push_back(product(said.data() + s * width, target.data()));
        for (std::size_t t = 0; t <= s; ++t) {
            const double both = product(said.data() + s * width, said.data() + t * width);
            gram.with_trees[s * gram.trees + t] = gram.with_trees[t * gram.trees + s] = both;
        }
    }
    return gram;
}

std::vector<double> forward_selection(const TreeGram& gram, std::size_t wanted) {
    std::vector<double> with_chosen(gram.trees, 0);  // <v_t, sum of those chosen>
    double chosen_square = 0;
    double chosen_target = 0;
    std::vector<double> weights(gram.trees, 0);
    for (std::size_t kept = 1; kept <= wanted; ++kept) {
        const double share = gram.share(kept);
        double best_error = std::numeric_limits<double>::infinity();
        std::size_t best = gram.trees;
        for (std::size_t t = 0; t < gram.trees; ++t) {
            if (weights[t] != 0) continue;
            const double square = chosen_square + 2 * with_chosen[t] + gram.of(t, t);
            const double error = share * share * square - 2 * share * (chosen_target + gram.with_target[t]);
            if (error < best_error || best == gram.trees) {
                best_error = error;
                best = t;
            }
        }
        weights[best] = 1;
        chosen_square += 2 * with_chosen[best] + gram.of(best, best);
        chosen_target += gram.with_target[best];
        for (std::size_t t = 0; t < gram.trees; ++t) with_chosen[t] += gram.of(t, best);
    }
    for (double& weight : weights) weight *= gram.share(wanted);
    return weights;
}

std::vector<double> tree_counts(std::size_t trees) {
    std::vector<double> counts;
    for (auto count = static_cast<double>(trees); count >= 1;
         count = std::min(count - 1, std::floor(count * 0.9)))
        counts.push_back(count);
    return counts;
}

std::size_t trees_wanted(const Grown& grown, double amount) {
    const auto all = static_cast<double>(grown.ensemble.roots.size());
    if (!(amount >= 1 && amount <= all) || amount != std::floor(amount))
        throw InvalidArgument(
            fmt::format("{} trees of {}: expected a whole number from 1 to {}", amount, all, all));
    return static_cast<std::size_t>(amount);
}

}  // namespace espalier::trees
