#include <fmt/format.h>

#include <algorithm>

#include "base/text/nearest.h"
#include "base/text/numbers.h"
#include "base/text/wildcard.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/calibrated.h"
#include "experiment/prune/choice.h"
#include "experiment/prune/own_signals.h"
#include "experiment/prune/scored.h"
#include "experiment/prune/stored_weights.h"
#include "prune/units/granularity.h"

namespace espalier::experiment {
namespace {

/// Without signals.
prune::Request request_of(const Cut& how, const Graph& graph, const prune::MaskSet& current) {
    prune::Request request = choice_of(how);
    check_included(how, graph);
    request.weights = surgery::candidates(graph, graph.initializers, how.include);
    if (request.weights.empty()) {
        const auto named = weights_by_name(graph);
        throw InvalidModel(
            fmt::format("network \"{}\" has no weights to prune{}", graph.name,
                        named.empty() ? "" : fmt::format("; --include \"{}\" asks for one", named[0])));
    }
    check_kept(how, prunable_weights(graph, how.include));
    std::erase_if(request.weights, [&](const prune::Candidate& one) { return is_kept(how, one.name); });
    if (request.weights.empty()) throw InvalidArgument("nothing is left to cut: all weights are kept");
    request.current = &current;
    request.granularity = how.granularity;
    request.sensitivity = how.sensitivity;
    return request;
}

/// What looks like a weight, and a cut must not touch.
void name_untrained(const Graph& graph, const Cut& how, prune::Plan& plan) {
    for (const auto& [name, what] : untrained_weights(graph)) {
        const auto is_it = [&, &weight = name](const std::string& pattern) {
            return matches(pattern, weight);
        };
        if (std::ranges::any_of(how.include, is_it)) continue;
        plan.notes.push_back(fmt::format(
            "{} is left as it is: it holds {}, which nobody trained; --include prunes it too", name, what));
    }
}

/// Layers of which hardly anything is left, as global scopes leave of the last one.
void warn_of_thin(prune::Plan& plan) {
    for (const prune::LayerPlan& layer : plan.layers) {
        if (layer.kept * 100 >= layer.count || layer.count == 0) continue;
        plan.notes.push_back(fmt::format("{} keeps {} of {} weights, less than 1 %; --keep leaves it whole",
                                         layer.name, with_commas(layer.kept), with_commas(layer.count)));
    }
}

/// Patterns for sparse tensor cores, which processors do not have.
void name_pattern(const Cut& how, prune::Plan& plan) {
    if (prune::parse_grain(how.granularity).granularity.tile != nullptr) return;
    plan.notes.push_back(fmt::format(
        "no kernel here has a use for the pattern {}: its zeros run as single ones; espalier study "
        "granularity measures what that gains, and what groups such as 4x1 do",
        how.granularity));
}

/// `graph` has weights of f32 alone.
prune::Plan cut_real(Graph& graph, const Cut& how, CalibrationError* error, const Watch& watch) {
    const prune::MaskSet current = surgery::zeros_of(graph, how.include);
    prune::Plan plan;
    if (how.calibration != nullptr) {
        plan = cut_calibrated(graph, how, request_of(how, graph, current), error, watch);
    } else {
        plan = plan_scored(graph, how, request_of(how, graph, current), {}, watch);
        plan.masks.apply(graph.initializers);
    }
    warn_of_thin(plan);
    name_untrained(graph, how, plan);
    name_pattern(how, plan);
    return plan;
}

/// Throws InvalidArgument for what needs data that are not there, Unsupported for values that cannot change.
void check_calibration(const Graph& graph, const Cut& how) {
    if (how.calibration != nullptr && how.calibration->empty())
        throw InvalidArgument("calibration: there are no data");
    if (!chooses_by_layer(how)) check_signals(how.criterion, how.calibration != nullptr);
    if (how.calibration == nullptr && (chooses_by_layer(how) || !how.reconstruct.empty()))
        throw InvalidArgument(
            fmt::format("\"{}\" needs inputs of the network: calibration data, --calibrate DATA.npz",
                        chooses_by_layer(how) ? how.criterion : how.reconstruct.front()));
    if ((chooses_by_layer(how) || !how.reconstruct.empty()) && !is_real(graph))
        throw Unsupported(fmt::format(
            "\"{}\" changes values, and this network holds halves or quantised ones: criteria that "
            "choose masks, such as wanda, cut these",
            chooses_by_layer(how) ? how.criterion : how.reconstruct.front()));
}

}  // namespace

prune::Request choice_of(const Cut& how) {
    prune::Request request;
    request.criterion = chooses_by_layer(how) ? "wanda" : how.criterion;
    request.unit_norm = how.unit_norm;
    request.scope = !how.scope.empty() ? how.scope : chooses_by_layer(how) ? "layer-wise" : "global";
    request.target = how.target;
    request.layer_targets = how.layers;
    request.floor = how.floor;
    request.seed = how.seed;
    return request;
}

bool is_kept(const Cut& how, const std::string& weight) {
    return std::ranges::any_of(how.keep, [&](const auto& pattern) { return matches(pattern, weight); });
}

void check_kept(const Cut& how, const std::vector<std::string>& weights) {
    for (const std::string& pattern : how.keep) {
        if (std::ranges::none_of(weights, [&](const auto& name) { return matches(pattern, name); }))
            throw InvalidArgument(fmt::format("--keep \"{}\"{}", pattern, unknown_hint(pattern, weights)));
    }
}

void check_included(const Cut& how, const Graph& graph) {
    if (how.include.empty()) return;
    const auto names = weights_by_name(graph);
    const auto all = prunable_weights(graph);
    for (const std::string& pattern : how.include) {
        const auto fits = [&](const std::string& name) { return matches(pattern, name); };
        if (std::ranges::any_of(names, fits)) continue;
        const bool anyway = std::ranges::any_of(all, fits);
        throw InvalidArgument(fmt::format("--include \"{}\"{}", pattern,
                                          anyway ? " is pruned anyway" : unknown_hint(pattern, names)));
    }
}

prune::Plan cut(Graph& graph, const Cut& how, CalibrationError* error, const Watch& watch) {
    check_calibration(graph, how);
    if (is_real(graph)) return cut_real(graph, how, error, watch);
    Graph real = as_real(graph);
    prune::Plan plan = cut_real(real, how, error, watch);
    cut_stored(graph, plan.masks);
    return plan;
}

}  // namespace espalier::experiment
