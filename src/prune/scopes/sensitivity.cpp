// s_l = the largest sparsity at which layer l alone costs no more than d, with one d for all layers that
// meets the target. Han et al. 2015 and Li et al. 2017 cut by such curves. Between points of the table the
// loss is a straight line; a point better than one before it counts as that one. Without a table, calibration
// data measure one: the relative error of the network's outputs.
#include "prune/request/loss_tables.h"

namespace espalier::prune::scopes_::sensitivity_ {
namespace {

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    return spend_by_tables(layers, target, "sensitivity");
}

}  // namespace

extern const Scope sensitivity{
    .name = "sensitivity",
    .summary = "every layer up to the same loss in a table of measurements",
    .formula = "s_l = max {s : loss_l(s) - loss_l(0) <= d}",
    .source = "Han et al. 2015; Li et al. 2017, Pruning Filters for Efficient ConvNets",
    .spend = spend};

}  // namespace espalier::prune::scopes_::sensitivity_
