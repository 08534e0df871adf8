// s_l = the largest sparsity at which layer l alone costs no more than d, with one d for all layers that
// meets the target. Han et al. 2015 and Li et al. 2017 cut by such curves. Between points of the table the
// loss is a straight line; a point better than one before it counts as that one.
#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::sensitivity_ {
namespace {

/// What the layer costs: loss above that of the whole network, never falling.
struct Curve {
    std::vector<double> sparsity;
    std::vector<double> cost;

    double sparsity_at(double allowed) const {
        const auto above = std::ranges::upper_bound(cost, allowed);
        if (above == cost.end()) return sparsity.back();
        if (above == cost.begin()) return 0;
        const auto i = static_cast<std::size_t>(above - cost.begin());
        const double part = (allowed - cost[i - 1]) / (cost[i] - cost[i - 1]);
        return sparsity[i - 1] + part * (sparsity[i] - sparsity[i - 1]);
    }
};

Curve curve_of(const LayerBudget& layer) {
    if (layer.sensitivity == nullptr || layer.sensitivity->empty()) {
        throw InvalidArgument(fmt::format(
            "scope \"sensitivity\" needs a table for every layer, and \"{}\" has none", layer.name));
    }
    Curve curve;
    double worst = layer.sensitivity->front().loss;
    const double base = worst;
    for (const auto& [sparsity, loss, accuracy] : *layer.sensitivity) {
        const bool ascends = curve.sparsity.empty() ? sparsity == 0 : sparsity > curve.sparsity.back();
        if (!ascends || !(sparsity < 1) || !(loss - loss == 0)) {
            throw InvalidArgument(
                fmt::format("the sensitivity table of \"{}\" has loss {} at sparsity {}, expected "
                            "sparsities that ascend from 0 to below 1 and finite losses",
                            layer.name, loss, sparsity));
        }
        worst = std::max(worst, loss);
        curve.sparsity.push_back(sparsity);
        curve.cost.push_back(worst - base);
    }
    return curve;
}

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    std::vector<Curve> curves;
    double most = 0;
    for (const LayerBudget& layer : layers) {
        curves.push_back(curve_of(layer));
        most = std::max(most, curves.back().cost.back());
    }
    const Pool whole = whole_budget(layers, target);
    double reached = 0;
    const auto cut_at = [&](double t) {
        if (t == 0) return std::vector<double>(layers.size());  // what costs nothing need not all go
        std::vector<double> cut;
        reached = 0;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const double pruned = curves[i].sparsity_at(t * most) * static_cast<double>(layers[i].count);
            cut.push_back(std::max(0.0, pruned - static_cast<double>(layers[i].count - layers[i].left)));
            reached += cut.back() * (whole.in_macs ? layers[i].macs : 1);
        }
        return cut;
    };
    cut_at(1);
    if (reached + 1 <= whole.cut) {
        throw InvalidArgument(
            fmt::format("the sensitivity tables go far enough to cut {:.0f} {}, the target asks for "
                        "{:.0f}: measure higher sparsities",
                        reached, whole.in_macs ? "multiply-adds" : "weights", whole.cut));
    }
    return one_pool_each(layers, solve_cut(layers, whole, cut_at), whole);
}

}  // namespace

extern const Scope sensitivity{
    .name = "sensitivity",
    .summary = "every layer up to the same loss in a table of measurements",
    .formula = "s_l = max {s : loss_l(s) - loss_l(0) <= d}",
    .source = "Han et al. 2015; Li et al. 2017, Pruning Filters for Efficient ConvNets",
    .spend = spend};

}  // namespace espalier::prune::scopes_::sensitivity_
