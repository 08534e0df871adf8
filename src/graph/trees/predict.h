// The plain traversal: any test, any number of weights in a leaf, summed in T as ONNX Runtime does.
#pragma once

#include <span>

#include "graph/trees/ensemble.h"

namespace espalier::trees {

/// Whether the test of `node` holds for the value.
bool holds(const Ensemble& ensemble, const TreeNode& node, double value);

/// The leaf of a tree that `row` reaches. `row` has as many columns as the tests read.
template <class T>
std::int32_t leaf_of(const Ensemble& ensemble, std::int32_t root, const T* row) {
    std::int32_t at = root;
    while (true) {
        const TreeNode& node = ensemble.nodes[static_cast<std::size_t>(at)];
        if (node.is_leaf()) return at;
        at = holds(ensemble, node, static_cast<double>(row[node.feature])) ? node.yes : node.no;
    }
}

/// What the operator gives for `rows` rows of `columns` values: `scores` [rows][outputs], and the label of
/// each row unless `labels` is empty.
template <class T>
void predict(const Ensemble& ensemble, const T* x, std::int64_t rows, std::int64_t columns, T* scores,
             std::span<std::int64_t> labels);

extern template void predict(const Ensemble&, const float*, std::int64_t, std::int64_t, float*,
                             std::span<std::int64_t>);
extern template void predict(const Ensemble&, const double*, std::int64_t, std::int64_t, double*,
                             std::span<std::int64_t>);

}  // namespace espalier::trees
