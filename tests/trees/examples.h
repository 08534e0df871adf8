// Trees and rows for tests.
#pragma once

#include "graph/trees/predict.h"
#include "trees/grown/grown.h"

namespace espalier::testing {

using trees::Branch;
using trees::Ensemble;
using trees::Examples;
using trees::TreeNode;

inline std::int32_t add_leaf(Ensemble& ensemble, std::vector<trees::LeafWeight> weights) {
    TreeNode leaf;
    leaf.yes = static_cast<std::int32_t>(ensemble.weights.size());
    for (const auto& weight : weights) ensemble.weights.push_back(weight);
    leaf.no = static_cast<std::int32_t>(ensemble.weights.size());
    ensemble.nodes.push_back(leaf);
    return static_cast<std::int32_t>(ensemble.nodes.size() - 1);
}

inline std::int32_t add_test(Ensemble& ensemble, std::int32_t feature, double threshold, std::int32_t yes,
                             std::int32_t no, Branch branch = Branch::less_equal) {
    ensemble.nodes.push_back(
        {.threshold = threshold, .feature = feature, .yes = yes, .no = no, .branch = branch});
    return static_cast<std::int32_t>(ensemble.nodes.size() - 1);
}

/// x = 0, 1, ..., 7 with y = 0 0 0 1 | 1 1 0 1, tested at 3.5, 2.5 and 5.5, 6.5: every leaf is pure. Its
/// weights are probabilities of two classes.
inline Ensemble class_tree() {
    Ensemble e;
    e.outputs = 2;
    e.labels = {0, 1};
    e.classifies = true;
    const auto pure = [&](bool one) { return add_leaf(e, {{0, one ? 0.0 : 1.0}, {1, one ? 1.0 : 0.0}}); };
    const auto a = add_test(e, 0, 2.5, pure(false), pure(true));
    const auto c = add_test(e, 0, 6.5, pure(false), pure(true));
    const auto b = add_test(e, 0, 5.5, pure(true), c);
    e.roots = {add_test(e, 0, 3.5, a, b)};
    trees::classify_leaves(e);
    return e;
}

inline Examples class_rows() {
    return {.columns = 1, .x = {0, 1, 2, 3, 4, 5, 6, 7}, .y = {0, 0, 0, 1, 1, 1, 0, 1}, .classes = 2};
}

/// `count` trees that each predict x0 + x1 roughly, in steps, from a fixed pattern.
inline Ensemble number_forest(std::size_t count) {
    Ensemble e;
    e.aggregate = trees::Aggregate::average;
    for (std::size_t t = 0; t < count; ++t) {
        const double at = 0.3 + 0.05 * static_cast<double>(t % 9);
        const auto quarter = [&](double low, double high) {
            return add_test(e, 1, at, add_leaf(e, {{0, low}}), add_leaf(e, {{0, high}}));
        };
        const auto low = quarter(0.4 + 0.01 * static_cast<double>(t % 5), 0.9);
        const auto high = quarter(0.9, 1.5 + 0.02 * static_cast<double>(t % 3));
        e.roots.push_back(add_test(e, 0, 1 - at, low, high));
    }
    return e;
}

inline Examples number_rows(int count) {
    Examples rows{.columns = 2, .x = {}, .y = {}, .classes = 0};
    for (int i = 0; i < count; ++i) {
        const double a = (i * 37 % 101) / 101.0;
        const double b = (i * 53 % 97) / 97.0;
        rows.x.insert(rows.x.end(), {a, b});
        rows.y.push_back(a + b);
    }
    return rows;
}

}  // namespace espalier::testing
