// s_l = the largest sparsity up to which each microsecond that layer l gains costs no more than d in squared
// error of the network's outputs, with one d for all layers that meets the target: budget goes where it pays
// here, as a knapsack of times is filled by value over weight. Calibration data measure both: e_l(s), the
// relative error of the outputs with layer l alone cut to s, and t_l(s), the time of its fastest kernel then.
// The table holds marginal costs, made to rise by taking the lower convex hull of e^2 over time gained.
#include "prune/request/loss_tables.h"

namespace espalier::prune::scopes_::by_time_ {
namespace {

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    return spend_by_tables(layers, target, "by-time");
}

}  // namespace

extern const Scope by_time{
    .name = "by-time",
    .summary = "every layer up to the same squared error of the outputs for a microsecond that it gains here",
    .formula = "s_l = max {s : d e_l^2 / d t_l <= d}",
    .source = "Dantzig 1957, Discrete-Variable Extremum Problems: value over weight",
    .spend = spend};

}  // namespace espalier::prune::scopes_::by_time_
