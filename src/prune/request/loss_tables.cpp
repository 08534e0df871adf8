#include "prune/request/loss_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "prune/request/budget.h"

namespace espalier::prune {
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

Curve curve_of(const LayerBudget& layer, std::string_view scope) {
    if (layer.sensitivity == nullptr || layer.sensitivity->empty()) {
        throw InvalidArgument(
            fmt::format("scope \"{}\" needs a table for every layer, and \"{}\" has none: "
                        "--calibrate DATA measures them, --sensitivity FILE has them",
                        scope, layer.name));
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

}  // namespace

std::vector<Pool> spend_by_tables(const std::vector<LayerBudget>& layers, const Target& target,
                                  std::string_view scope) {
    std::vector<Curve> curves;
    double most = 0;
    for (const LayerBudget& layer : layers) {
        curves.push_back(curve_of(layer, scope));
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

}  // namespace espalier::prune
