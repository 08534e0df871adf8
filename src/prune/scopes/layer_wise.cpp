// Each layer has its own ranking and loses the same share, or its own share where it is given one: Frankle &
// Carbin 2019 cut the output layer at half the rate.
#include <algorithm>

#include <fmt/format.h>

#include "espalier/error.h"
#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::layer_wise_ {
namespace {

/// A rate or a sparsity: layer by layer.
std::vector<Pool> by_share(const std::vector<LayerBudget>& layers, const Target& target) {
    std::vector<Pool> pools;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const LayerBudget& layer = layers[i];
        Target share = target;
        if (layer.own) (target.rate ? share.rate : share.sparsity) = layer.own;
        const std::int64_t cut = weights_to_cut(share, layer.count, layer.left);
        pools.push_back({.layers = {i}, .cut = static_cast<double>(cut)});
    }
    return pools;
}

/// A number of weights or multiply-adds for all: the sparsity of layers without an own one follows from it.
std::vector<Pool> by_whole(const std::vector<LayerBudget>& layers, const Target& target) {
    const Pool whole = whole_budget(layers, target);
    const auto cut_at = [&](double sparsity) {
        std::vector<double> cut;
        for (const LayerBudget& layer : layers) {
            const auto gone = static_cast<double>(layer.count - layer.left);
            const double asked = sparsity * static_cast<double>(layer.count) - gone;
            const Target own{.sparsity = layer.own};
            cut.push_back(layer.own ? static_cast<double>(weights_to_cut(own, layer.count, layer.left))
                                    : std::max(0.0, asked));
        }
        return cut;
    };
    double least = 0;
    const std::vector<double> own_only = cut_at(0);
    for (std::size_t i = 0; i < layers.size(); ++i)
        least += own_only[i] * (whole.in_macs ? layers[i].macs : 1);
    if (least > whole.cut) {
        throw InvalidArgument(
            fmt::format("the layers' own targets cut {} {}, more than the {} of the whole target", least,
                        whole.in_macs ? "multiply-adds" : "weights", whole.cut));
    }
    return one_pool_each(layers, solve_cut(layers, whole, cut_at), whole);
}

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    return target.rate || target.sparsity ? by_share(layers, target) : by_whole(layers, target);
}

// A rate of its own, where layers have none of theirs.
constexpr std::string_view kOthers[] = {"prune.sparsity", "prune.weights", "prune.macs", "prune.layers"};
constexpr ReadKey kReads[] = {{.key = "prune.output_layer_rate", .without = kOthers}};

}  // namespace

extern const Scope layer_wise{.name = "layer-wise",
                              .summary = "the same share of every layer, or its own share where one is given",
                              .formula = "cut_l = floor(p_l * n_l)",
                              .source = "Frankle & Carbin 2019, The Lottery Ticket Hypothesis",
                              .own_targets = true,
                              .reads = kReads,
                              .spend = spend};

}  // namespace espalier::prune::scopes_::layer_wise_
