// kept_l = min(n_l, e * (n_out + n_in + kh + kw)), with one e for all layers that meets the target: the
// Erdos-Renyi kernel. Mocanu et al. 2018 (SET) for fully connected layers, Evci et al. 2020 (RigL) for
// convolutions. Wide layers get sparser, and the smallest stay dense.
#include <algorithm>
#include <numeric>

#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::erk_ {
namespace {

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    std::vector<double> sides;
    double dense = 0;  // the e at which every layer is
    for (const LayerBudget& layer : layers) {
        sides.push_back(
            static_cast<double>(std::reduce(layer.shape.begin(), layer.shape.end(), std::int64_t{0})));
        if (layer.shape.empty()) sides.back() = 1;
        dense = std::max(dense, static_cast<double>(layer.count) / sides.back());
    }
    const Pool whole = whole_budget(layers, target);
    const auto cut_at = [&](double t) {
        std::vector<double> cut;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const auto left = static_cast<double>(layers[i].left);
            cut.push_back(left - std::min(left, (1 - t) * dense * sides[i]));
        }
        return cut;
    };
    return one_pool_each(layers, solve_cut(layers, whole, cut_at), whole);
}

}  // namespace

extern const Scope erk{.name = "erk",
                       .summary = "layers kept in proportion to the sum of their sides, not to the product",
                       .formula = "kept_l = min(n_l, e * sum of dimensions)",
                       .source = "Evci et al. 2020, Rigging the Lottery; Mocanu et al. 2018",
                       .spend = spend};

}  // namespace espalier::prune::scopes_::erk_
