#include "experiment/removal/remover.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

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

Remover::Remover(const Graph& graph, const Cut& how)
    : graph_(checked(graph, how)),
      how_(how),
      multiple_(multiple_of(how)),
      real_(is_real(graph) ? Graph() : as_real(graph)),
      groups_(graph, group_sources(real()), OverRest::followed),
      ranking_(ranked(real(), how, groups_)) {
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
