// A leaf's value is the mean of its rows: shares of classes, or numbers, over the number of trees where these
// are added up. One without rows takes that of the nearest node above that has some.
#include "trees/choose/validation.h"

namespace espalier::trees {
namespace {

/// What a row says of the outputs that leaves score.
void add_row(const Grown& grown, double y, bool classes, double* sums) {
    if (!classes) {
        for (std::int64_t k = 0; k < grown.ensemble.outputs; ++k) sums[k] += y;
    } else if (grown.ensemble.binary) {
        sums[grown.ensemble.weights.front().output] += y;
    } else {
        sums[static_cast<std::size_t>(y)] += 1;
    }
}

}  // namespace

void fit_leaves(Grown& grown, const Examples& examples) {
    Ensemble& ensemble = grown.ensemble;
    const std::size_t outputs = at(ensemble.outputs);
    const std::size_t rows = at(examples.rows());
    const double scale =
        ensemble.aggregate == Aggregate::average ? 1 : 1 / static_cast<double>(ensemble.roots.size());
    std::vector<double>& values = grown.values;
    values.assign(grown.nodes.size() * outputs, 0);
    for (std::size_t i = 0; i < grown.leaf.size(); ++i)
        add_row(grown, examples.y[i % rows], examples.classes > 0,
                values.data() + at(grown.leaf[i]) * outputs);
    for (std::size_t i = grown.nodes.size(); i-- > 0;) {
        if (grown.nodes[i].parent < 0) continue;
        double* to = values.data() + at(grown.nodes[i].parent) * outputs;
        for (std::size_t k = 0; k < outputs; ++k) to[k] += values[i * outputs + k];
    }
    for (std::size_t i = 0; i < grown.nodes.size(); ++i) {
        double* value = values.data() + i * outputs;
        const double count = grown.nodes[i].count;
        const std::int32_t parent = grown.nodes[i].parent;
        for (std::size_t k = 0; k < outputs; ++k)
            value[k] = count > 0 ? value[k] / count * scale : values[at(parent) * outputs + k];
        const TreeNode& node = ensemble.nodes[i];
        for (std::int32_t w = node.yes; node.is_leaf() && w < node.no; ++w)
            ensemble.weights[at(w)].value = value[ensemble.weights[at(w)].output];
    }
}

}  // namespace espalier::trees
