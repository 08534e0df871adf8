#include "graph/trees/predict.h"

#include <algorithm>
#include <cmath>

#include "graph/trees/scores.h"

namespace espalier::trees {
namespace {

template <class T>
void add(Aggregate aggregate, T value, T& score, std::uint8_t& scored) {
    if (aggregate == Aggregate::min || aggregate == Aggregate::max) {
        const bool better = aggregate == Aggregate::min ? value < score : value > score;
        if (scored == 0 || better) score = value;
    } else {
        score += value;
    }
    scored = 1;
}

}  // namespace

bool holds(const Ensemble& ensemble, const TreeNode& node, double value) {
    if (std::isnan(value)) return node.missing_yes || node.branch == Branch::not_equal;
    switch (node.branch) {
        case Branch::less_equal:
            return value <= node.threshold;
        case Branch::less:
            return value < node.threshold;
        case Branch::greater_equal:
            return value >= node.threshold;
        case Branch::greater:
            return value > node.threshold;
        case Branch::equal:
            return value == node.threshold;
        case Branch::not_equal:
            return value != node.threshold;
        case Branch::member: {
            const auto& set = ensemble.sets[static_cast<std::size_t>(node.threshold)];
            return std::ranges::find(set, value) != set.end();
        }
        case Branch::leaf:
            break;
    }
    return false;
}

template <class T>
void predict(const Ensemble& ensemble, const T* x, std::int64_t rows, std::int64_t columns, T* scores,
             std::span<std::int64_t> labels) {
    const auto outputs = static_cast<std::size_t>(ensemble.outputs);
    std::vector<std::uint8_t> scored(outputs);
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::span<T> sums(scores + row * ensemble.outputs, outputs);
        std::ranges::fill(sums, T(0));
        std::ranges::fill(scored, std::uint8_t{0});
        for (const std::int32_t root : ensemble.roots) {
            const TreeNode& leaf =
                ensemble.nodes[static_cast<std::size_t>(leaf_of(ensemble, root, x + row * columns))];
            for (std::int32_t w = leaf.yes; w < leaf.no; ++w) {
                const LeafWeight& weight = ensemble.weights[static_cast<std::size_t>(w)];
                const auto k = static_cast<std::size_t>(weight.output);
                add(ensemble.aggregate, static_cast<T>(weight.value), sums[k], scored[k]);
            }
        }
        const std::int64_t label = finish<T>(ensemble, sums, scored);
        if (!labels.empty()) labels[static_cast<std::size_t>(row)] = label;
    }
}

template void predict(const Ensemble&, const float*, std::int64_t, std::int64_t, float*,
                      std::span<std::int64_t>);
template void predict(const Ensemble&, const double*, std::int64_t, std::int64_t, double*,
                      std::span<std::int64_t>);

}  // namespace espalier::trees
