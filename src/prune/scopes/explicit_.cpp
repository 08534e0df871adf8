// Each layer loses the share it is given, and those that are given none lose nothing. With Target::rate the
// shares are rates, else sparsities; the target's own number is not used.
#include <fmt/format.h>

#include "espalier/error.h"
#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::explicit_ {
namespace {

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    if (target.weights || target.macs) {
        throw InvalidArgument(
            "scope \"explicit\" has no target for the whole network, expected shares of layers only");
    }
    std::vector<Pool> pools;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (!layers[i].own) continue;
        const Target share = target.rate ? Target{.rate = layers[i].own} : Target{.sparsity = layers[i].own};
        const std::int64_t cut = weights_to_cut(share, layers[i].count, layers[i].left);
        pools.push_back({.layers = {i}, .cut = static_cast<double>(cut)});
    }
    if (pools.empty())
        throw InvalidArgument("scope \"explicit\" needs a share for at least one layer, got none");
    return pools;
}

}  // namespace

extern const Scope explicit_{.name = "explicit",
                             .summary = "only the layers that are named, each by its own share",
                             .formula = "cut_l = floor(p_l * n_l)",
                             .source = "",
                             .own_targets = true,
                             .target_optional = true,
                             .spend = spend};

}  // namespace espalier::prune::scopes_::explicit_
