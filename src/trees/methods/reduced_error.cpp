// From the leaves up, a node becomes a leaf where it then errs no more, on rows held out, than the tree below
// it does: held-out errors(t) <= held-out errors(T_t) + d.
// Quinlan: Simplifying decision trees. International Journal of Man-Machine Studies 27, 1987.
#include <algorithm>

#include "graph/trees/predict.h"
#include "trees/method.h"

namespace espalier::trees::methods_::reduced_error_ {
namespace {

/// The class that a node votes for; of one score the second where that is above half of the most it can be.
double vote(const Grown& grown, std::size_t node) {
    const double* value = grown.value(node);
    const auto outputs = grown.ensemble.outputs;
    if (grown.ensemble.binary)
        return value[0] + value[1] > 0.5 / static_cast<double>(grown.ensemble.roots.size()) ? 1 : 0;
    return static_cast<double>(std::max_element(value, value + outputs) - value);
}

double error(const Grown& grown, std::size_t node, double y, bool classes) {
    if (classes) return vote(grown, node) == y ? 0 : 1;
    const bool summed = grown.ensemble.aggregate == Aggregate::sum;
    const double off =
        y - grown.value(node)[0] * (summed ? static_cast<double>(grown.ensemble.roots.size()) : 1);
    return off * off;
}

Decision decide(const Grown& grown, const Evidence& evidence, double more) {
    const Examples& held = *evidence.held_out;
    std::vector<double> own(grown.nodes.size(), 0);
    for (const std::int32_t root : grown.ensemble.roots) {
        for (std::int64_t row = 0; row < held.rows(); ++row) {
            std::int32_t node = leaf_of(grown.ensemble, root, held.row(row));
            for (; node >= 0; node = grown.nodes[at(node)].parent)
                own[at(node)] += error(grown, at(node), held.y[at(row)], held.classes > 0);
        }
    }
    Decision decision;
    decision.cut.resize(grown.nodes.size(), 0);
    std::vector<double> below(grown.nodes.size(), 0);
    for (std::size_t node = grown.nodes.size(); node-- > 0;) {
        const bool leaf = grown.ensemble.nodes[node].is_leaf();
        if (!leaf && own[node] <= below[node] + more) decision.cut[node] = 1;
        if (leaf || decision.cut[node] != 0) below[node] = own[node];
        const std::int32_t parent = grown.nodes[node].parent;
        if (parent >= 0) below[at(parent)] += below[node];
    }
    return decision;
}

std::vector<double> amounts(const Grown&, const Evidence&) { return {0}; }

}  // namespace

extern const Method reduced_error{
    .name = "reduced-error",
    .summary = "nodes that err no more on held-out rows than what is below them",
    .formula = "errors(t) <= errors(T_t) on held-out rows",
    .source = "Quinlan 1987",
    .amount = "errors that a cut may add",
    .needs_predictions = true,
    .needs_held_out = true,
    .decide = decide,
    .amounts = amounts};

}  // namespace espalier::trees::methods_::reduced_error_
