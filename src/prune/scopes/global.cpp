// One ranking over all layers: a layer loses what its own scores earn.
#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::global_ {
namespace {

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    return {whole_budget(layers, target)};
}

}  // namespace

extern const Scope global{.name = "global",
                          .summary = "one ranking over all layers",
                          .formula = "kept = top k of all scores",
                          .source = "",
                          .spend = spend};

}  // namespace espalier::prune::scopes_::global_
