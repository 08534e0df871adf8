// kept_l = u + 2 d (1 - l / (L - 1)), d = 0.1, layers in their order l = 0 ... L - 1, with one u that meets
// the target: sparsities grow evenly, from d below their mean to d above it. Huang et al. 2025, "Determining
// Layer-Wise Sparsity for Large Language Models Through a Theoretical Perspective": errors of early layers
// add up in all behind them, and the rates that their bound asks for are an arithmetic progression.
#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::depth_wise_ {
namespace {

constexpr double kSpread = 0.1;

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    std::vector<double> more;
    const auto last = static_cast<double>(layers.size() > 1 ? layers.size() - 1 : 1);
    for (std::size_t i = 0; i < layers.size(); ++i)
        more.push_back(2 * kSpread * (1 - static_cast<double>(i) / last));
    return pools_around(layers, target, more);
}

}  // namespace

extern const Scope depth_wise{
    .name = "depth-wise",
    .summary = "sparsity that grows evenly from the first layer to the last, by 0.1 about the mean",
    .formula = "kept_l = u + 0.2 * (1 - l / (L - 1))",
    .source = "Huang et al. 2025, Determining Layer-Wise Sparsity",
    .spend = spend};

}  // namespace espalier::prune::scopes_::depth_wise_
