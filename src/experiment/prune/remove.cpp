#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/choice.h"
#include "experiment/prune/own_signals.h"
#include "experiment/prune/proof.h"
#include "experiment/prune/stored_weights.h"
#include "graph/coupling/axis_groups.h"
#include "surgery/layers.h"
#include "surgery/removal/group_ranking.h"
#include "surgery/removal/masked.h"

namespace espalier::experiment {
namespace {

std::vector<std::string> kept_weights(const Graph& graph, const Cut& how) {
    std::vector<std::string> kept = prunable_weights(graph);
    check_kept(how, kept);
    std::erase_if(kept, [&](const std::string& name) { return !is_kept(how, name); });
    return kept;
}

surgery::GroupRanking ranked(const Graph& graph, const Cut& how, const AxisGroups& groups) {
    check_signals(how.criterion, false);
    prune::Request request = choice_of(how);
    request.weights = surgery::candidates(graph, graph.initializers);
    const OwnSignals signals(graph, request, how.include, nullptr);
    signals.attach(request.weights);
    return {groups, request.weights, kept_weights(graph, how), nullptr,
            surgery::GroupScoring{.criterion = how.criterion,
                                  .unit_norm = how.unit_norm,
                                  .combine = surgery::combine_named(how.combine),
                                  .seed = how.seed}};
}

const Graph& checked(const Graph& graph, const Cut& how) {
    constexpr std::string_view kUnits[] = {"element", "filter", "channel", "head"};
    if (std::ranges::find(kUnits, how.granularity) == std::end(kUnits)) {
        throw InvalidArgument(
            fmt::format("a removal takes out whole filters, channels or heads; granularity \"{}\" "
                        "keeps its tensors",
                        how.granularity));
    }
    if (!how.include.empty())
        throw InvalidArgument("--include is for zeros: a removal takes what goes together, whoever reads it");
    return graph;
}

/// Smaller networks of one, with more or less of its units left.
class Remover {
  public:
    /// Weights that the file keeps as halves or integers are scored as the numbers that they stand for.
    Remover(const Graph& graph, const Cut& how)
        : graph_(checked(graph, how)),
          how_(how),
          real_(is_real(graph) ? Graph() : as_real(graph)),
          groups_(graph, prunable(real()), OverRest::followed),
          ranking_(ranked(real(), how, groups_)) {
        if (ranking_.groups().empty())
            throw InvalidModel(fmt::format("network \"{}\" has nothing that could be removed", graph.name));
    }

    struct Result {
        Graph graph;
        Removal removal;
        std::vector<const CoupledUnit*> units;
    };

    /// With zeros in place of what went.
    Graph masked(const Result& result) const { return surgery::masked(real(), groups_, result.units); }

    Result without(double sparsity) const {
        const surgery::GroupRanking::Choice choice = ranking_.choose({.scope = how_.scope,
                                                                      .target = {.sparsity = sparsity},
                                                                      .own_targets = how_.layers,
                                                                      .sensitivity = how_.sensitivity,
                                                                      .floor = how_.floor,
                                                                      .multiple = how_.round_to,
                                                                      .widths = how_.widths});
        Result result;
        result.units = choice.gone(ranking_);
        result.removal.notes = choice.notes;
        for (std::size_t g = 0; g < choice.left.size(); ++g) {
            const auto& [group, weights, width, scores, gone] = ranking_.groups()[g];
            result.removal.groups.push_back({.name = group->name,
                                             .units = std::ssize(group->units),
                                             .left = std::ranges::count(choice.left[g], true),
                                             .weights = weights});
        }
        for (const CoupledGroup& group : groups_.groups()) {
            const std::string why = ranking_.left_out(group);
            const std::int64_t count = std::ssize(group.units);
            if (!why.empty()) result.removal.groups.push_back({group.name, count, count, 0, why});
        }
        const auto over_rest = surgery::computed_over_rest(graph_, groups_, result.units);
        if (!over_rest.empty()) {
            result.removal.notes.push_back(
                fmt::format("{} nodes normalise or average over what is left, and not over zeros: {}{}",
                            over_rest.size(), over_rest.front(), over_rest.size() > 1 ? ", ..." : ""));
        }
        result.graph = groups_.without(graph_, surgery::ids_of(result.units));
        return result;
    }

  private:
    const Graph& real() const { return real_.nodes.empty() ? graph_ : real_; }

    const Graph& graph_;
    const Cut& how_;
    Graph real_;  // where graph_ is not
    AxisGroups groups_;
    surgery::GroupRanking ranking_;
};

double macs_of(const Graph& graph) {
    double macs = 0;
    const Graph real = is_real(graph) ? Graph() : as_real(graph);
    for (const surgery::LayerInfo& layer : surgery::layers(real.nodes.empty() ? graph : real, false))
        macs += layer.macs;
    if (!std::isfinite(macs))
        throw InvalidArgument("multiply-adds are not known: give the sizes of open dimensions");
    return macs;
}

/// What the target is about, of a network: milliseconds or multiply-adds.
double measured(const Graph& graph, const RemovalTarget& target) {
    if (target.macs) return macs_of(graph);
    constexpr double kSeconds = 0.5;
    return runtime::benchmark(graph, target.batch, target.threads, kSeconds).median_ms;
}

/// The share of units whose removal leads to `goal`, by halving: the fewer are left, the less it takes.
Remover::Result search(const Remover& remover, const RemovalTarget& target, double goal, const Watch& watch) {
    constexpr int kSteps = 12;
    constexpr double kMost = 0.98;
    const double tolerance = target.macs ? 0.01 : 0.03;
    double low = 0;
    double high = kMost;
    std::optional<Remover::Result> best;
    double best_value = 0;
    for (int step = 0; step < kSteps; ++step) {
        if (watch.is_stopped()) throw Interrupted("stopped");
        if (watch.progress)
            watch.progress(static_cast<double>(step) / kSteps, "looking for the share to remove");
        const double share = step == 0 ? kMost : (low + high) / 2;
        Remover::Result result = remover.without(share);
        const double value = measured(result.graph, target);
        if (step == 0 && value > goal * (1 + tolerance)) {
            throw InvalidArgument(
                fmt::format("the target of {:.3g} {} cannot be met: with {:.0f} % of the units removed it "
                            "is {:.3g}",
                            goal, target.macs ? "multiply-adds" : "ms", 100 * kMost, value));
        }
        const bool closer = !best || std::abs(value - goal) < std::abs(best_value - goal);
        if (closer) {
            best_value = value;
            best = std::move(result);
        }
        if (std::abs(value - goal) <= tolerance * goal) break;
        (value > goal ? low : high) = share;
    }
    best->removal.reached = best_value;
    return std::move(*best);
}

Removal prove_and_take(Graph& graph, const Remover& remover, Remover::Result result) {
    result.removal.difference = prove("removal", graph, remover.masked(result), result.graph);
    graph = std::move(result.graph);
    return std::move(result.removal);
}

}  // namespace

Removal remove(Graph& graph, const Cut& how) {
    if (!how.target.sparsity && how.widths.empty())
        throw InvalidArgument("a removal needs a share of the units, a target in sparsity, or widths");
    const Remover remover(graph, how);
    return prove_and_take(graph, remover, remover.without(how.target.sparsity.value_or(0)));
}

Removal remove_to(Graph& graph, const Cut& how, const RemovalTarget& target, const Watch& watch) {
    if (target.macs.has_value() + target.latency_share.has_value() + target.latency_ms.has_value() != 1)
        throw InvalidArgument("a removal needs one target: multiply-adds, or a latency as a share or in ms");
    const Remover remover(graph, how);
    const double now = target.latency_ms ? 0 : measured(graph, target);
    const double goal =
        target.latency_ms ? *target.latency_ms : now * (target.macs ? *target.macs : *target.latency_share);
    Removal removal = prove_and_take(graph, remover, search(remover, target, goal, watch));
    removal.goal = goal;
    return removal;
}

}  // namespace espalier::experiment
