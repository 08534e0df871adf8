// A node becomes a leaf where its errors, each leaf paying half an error for its optimism, are within z
// standard errors of those of the tree below it: e(t) + 1/2 <= E + z sqrt(E (n - E) / n), E = sum over the
// leaves below of e + 1/2.
// Quinlan: Simplifying decision trees. International Journal of Man-Machine Studies 27, 1987.
#include <algorithm>
#include <cmath>

#include "trees/choose/top_down.h"
#include "trees/method.h"

namespace espalier::trees::methods_::pessimistic_error_ {
namespace {

Decision decide(const Grown& grown, const Evidence&, double deviations) {
    std::vector<double> below(grown.nodes.size(), 0);
    for (std::size_t node = grown.nodes.size(); node-- > 0;) {
        if (grown.ensemble.nodes[node].is_leaf()) below[node] = grown.nodes[node].errors + 0.5;
        const std::int32_t parent = grown.nodes[node].parent;
        if (parent >= 0) below[static_cast<std::size_t>(parent)] += below[node];
    }
    return top_down(grown, [&](std::size_t node) {
        const double rows = grown.nodes[node].count;
        const double errors = std::min(below[node], rows);
        const double spread = rows > 0 ? std::sqrt(errors * (rows - errors) / rows) : 0;
        return grown.nodes[node].errors + 0.5 > below[node] + deviations * spread;
    });
}

std::vector<double> amounts(const Grown&, const Evidence&) {
    return {0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8};
}

}  // namespace

extern const Method pessimistic_error{.name = "pessimistic-error",
                                      .summary = "errors on the training rows, corrected for their optimism",
                                      .formula = "e(t) + 1/2 <= E + z sqrt(E (n - E) / n)",
                                      .source = "Quinlan 1987",
                                      .amount = "standard errors",
                                      .needs_classes = true,
                                      .needs_predictions = true,
                                      .decide = decide,
                                      .amounts = amounts};

}  // namespace espalier::trees::methods_::pessimistic_error_
