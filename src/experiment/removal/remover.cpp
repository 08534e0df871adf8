#include "experiment/removal/remover.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "calibrate/flow/synaptic_flow.h"
#include "calibrate/input_norms.h"
#include "calibrate/slopes/mask_fisher.h"
#include "espalier/error.h"
#include "experiment/inspect/shapes.h"
#include "experiment/prune/choice.h"
#include "experiment/prune/own_signals.h"
#include "experiment/prune/stored_weights.h"
#include "experiment/removal/width_step.h"
#include "surgery/layers.h"
#include "surgery/removal/masked.h"

namespace espalier::experiment {
namespace {

std::vector<std::string> kept_weights(const Graph& graph, const Cut& how) {
    std::vector<std::string> kept;
    for (const PrunableWeight& weight : group_sources(graph)) kept.push_back(weight.name);
    check_kept(how, kept);
    std::erase_if(kept, [&](const std::string& name) { return !is_kept(how, name); });
    return kept;
}

/// What a removal knows of the network beside its weights.
struct Data {
    const Graph& open;
    const Cut& how;
    const Watch& watch;

    calibrate::Progress progress() const {
        return [this](double share) {
            if (watch.is_stopped()) throw Interrupted("stopped; nothing was written");
            if (watch.progress) watch.progress(share, "calibration");
        };
    }
    /// Calls use(network) with `open` in f32.
    template <class Use>
    auto in_reals(const Use& use) const {
        if (is_real(open)) return use(open);
        const Graph real = as_real(open);
        return use(real);
    }
    SignalValues shown(const prune::Request& request, const Graph& graph) const {
        if (needs(how.criterion, "flow"))
            return {{"flow", calibrate::synaptic_flow(is_real(graph) ? graph : as_real(graph),
                                                      names_of(request), 0)}};
        if (!needs(how.criterion, "input-norm")) return {};
        return in_reals([&](const Graph& network) {
            return SignalValues{
                {"input-norm",
                 calibrate::observe(network, names_of(request), *how.calibration, 0, progress()).norms}};
        });
    }
    std::map<const CoupledGroup*, std::vector<float>> fisher(
        std::span<const CoupledGroup* const> groups) const {
        return in_reals([&](const Graph& network) {
            return calibrate::mask_fisher(network, groups, *how.calibration, how.seed, 0, progress());
        });
    }
};

surgery::GroupRanking ranked(const Graph& graph, const Data& data, const AxisGroups& groups) {
    const Cut& how = data.how;
    if (how.calibration != nullptr && how.calibration->empty())
        throw InvalidArgument("calibration: there are no data");
    check_signals(how.criterion, how.calibration != nullptr);
    prune::Request request = choice_of(how);
    request.weights = surgery::candidates(graph, graph.initializers);
    surgery::GroupScoring scoring{.criterion = how.criterion,
                                  .unit_norm = how.unit_norm,
                                  .combine = surgery::combine_named(how.combine),
                                  .seed = how.seed};
    const std::vector<std::string> kept = kept_weights(graph, how);
    // Squared gradients of elements say little of a unit, whose elements change together: its own is taken.
    if (needs(how.criterion, "squared-gradient")) {
        scoring.score_units = [&data](std::span<const CoupledGroup* const> units) {
            return data.fisher(units);
        };
        return {groups, request.weights, kept, nullptr, scoring};
    }
    const OwnSignals signals(graph, request, how.include, data.shown(request, graph));
    signals.attach(request.weights);
    return {groups, request.weights, kept, nullptr, scoring};
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

std::int64_t multiple_of(const Cut& how) {
    if (how.round_to < 0)
        throw InvalidArgument(
            fmt::format("widths in multiples of {}: expected 1 or more, or 0 for what is measured "
                        "to pay",
                        how.round_to));
    if (how.round_to != 0) return how.round_to;
    return width_step(how.timing);
}

}  // namespace

Remover::Remover(const Graph& graph, const Graph& open, const Cut& how, const Watch& watch)
    : graph_(checked(graph, how)),
      how_(how),
      multiple_(multiple_of(how)),
      real_(is_real(graph) ? Graph() : as_real(graph)),
      groups_(graph, group_sources(real()), OverRest::followed),
      ranking_(ranked(real(), {open, how, watch}, groups_)) {
    if (!ranking_.groups().empty()) return;
    require_shapes(graph, {}, "nothing is found that could be removed");
    throw InvalidModel(fmt::format("network \"{}\" has nothing that could be removed", graph.name));
}

Remover::Result Remover::without(double sparsity) const {
    const surgery::GroupRanking::Choice choice =
        ranking_.choose({.scope = how_.scope.empty() ? "isomorphic" : how_.scope,
                         .target = {.sparsity = sparsity},
                         .own_targets = how_.layers,
                         .sensitivity = how_.sensitivity,
                         .floor = how_.floor,
                         .multiple = multiple_,
                         .widths = how_.widths});
    Result result;
    result.units = choice.gone(ranking_);
    result.removal.notes = choice.notes;
    if (how_.round_to == 0) {
        result.removal.notes.push_back(fmt::format(
            "widths are multiples of {}: between them time here hardly falls, as measured", multiple_));
    }
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

Graph Remover::masked(const Result& result) const {
    std::set<std::string> touched;
    for (const CoupledUnit* unit : result.units) {
        for (const WeightSlice& slice : unit->slices) touched.insert(slice.weight);
    }
    return surgery::masked(graph_, groups_, result.units, stored_zeros(graph_, touched));
}

}  // namespace espalier::experiment
