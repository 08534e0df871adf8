#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/removal/remover.h"
#include "experiment/removal/target_search.h"

namespace espalier::experiment {

Removal remove(Graph& graph, const Cut& how) {
    if (!how.target.sparsity && how.widths.empty())
        throw InvalidArgument("a removal needs a share of the units, a target in sparsity, or widths");
    const Remover remover(graph, how);
    return Remover::prove_and_take(graph, remover, remover.without(how.target.sparsity.value_or(0)));
}

Removal remove_to(Graph& graph, const Cut& how, const RemovalTarget& target, const Watch& watch) {
    if (target.macs.has_value() + target.latency_share.has_value() + target.latency_ms.has_value() != 1)
        throw InvalidArgument("a removal needs one target: multiply-adds, or a latency as a share or in ms");
    const Remover remover(graph, how);
    return Remover::prove_and_take(graph, remover, find_target(graph, remover, target, how.timing, watch));
}

}  // namespace espalier::experiment
