// Pruning on the untrained network with made-up signals, so that what cannot work fails before anything is
// trained.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text/nearest.h"
#include "base/text/wildcard.h"
#include "espalier/error.h"
#include "espalier/lottery.h"
#include "espalier/surgery.h"
#include "graph/analysis/readers.h"
#include "lottery/network/imported.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/pruning/unit_cut.h"
#include "prune/criterion.h"
#include "prune/request/signal.h"
#include "prune/scheduling/schedule.h"
#include "prune/units/matrix_view.h"
#include "train/collect/signals.h"
#include "train/loss.h"

namespace espalier::lottery {
namespace {

void check_kept(const Recipe& recipe, const Graph& graph) {
    const std::vector<std::string> names = prunable_weights(graph, recipe.prune.include);
    for (const std::string& pattern : recipe.prune.keep) {
        if (std::ranges::none_of(names, [&](const std::string& name) { return matches(pattern, name); }))
            recipe.fail("prune.keep",
                        fmt::format(": weight \"{}\"{}", pattern, unknown_hint(pattern, names)));
    }
}

void check_included(const Recipe& recipe, const Graph& graph) {
    const std::vector<std::string>& include = recipe.prune.include;
    if (include.empty()) return;
    if (recipe.prune.remove)
        recipe.fail("prune.include", ": with prune.remove, what leaves the network follows from its layers");
    const std::vector<std::string> names = weights_by_name(graph);
    const std::vector<std::string> anyway = prunable_weights(graph);
    for (const std::string& pattern : include) {
        const auto fits = [&](const std::string& name) { return matches(pattern, name); };
        if (std::ranges::any_of(names, fits)) continue;
        recipe.fail("prune.include",
                    std::ranges::any_of(anyway, fits)
                        ? fmt::format(": \"{}\" is pruned anyway", pattern)
                        : fmt::format(": weight \"{}\"{}", pattern, unknown_hint(pattern, names)));
    }
}

void check_frozen(const Recipe& recipe, const Graph& graph) {
    const auto all = parameters(graph);
    const std::vector<std::string> names(all.begin(), all.end());
    for (const std::string& pattern : recipe.train.freeze) {
        if (std::ranges::none_of(names, [&](const std::string& name) { return matches(pattern, name); }))
            recipe.fail("train.freeze",
                        fmt::format(": weight \"{}\"{}", pattern, unknown_hint(pattern, names)));
    }
    const auto is_frozen = [&](const std::string& name) {
        return std::ranges::any_of(recipe.train.freeze,
                                   [&](const std::string& pattern) { return matches(pattern, name); });
    };
    if (!recipe.train.freeze.empty() && std::ranges::all_of(names, is_frozen))
        recipe.fail("train.freeze", ": every weight is frozen, and nothing is left to train");
}

void check_output_layer(const Recipe& recipe, const Graph& graph) {
    if (recipe.prune.output_layer_rate == 0) return;
    const auto is_kept = [&](const std::string& name) {
        return std::ranges::any_of(recipe.prune.keep,
                                   [&](const std::string& pattern) { return matches(pattern, name); });
    };
    const std::vector<std::string> names = surgery::output_weights(graph);
    if (std::ranges::all_of(names, is_kept)) {
        recipe.fail(
            "prune.output_layer_rate",
            fmt::format(": the output layer, {}, is kept whole by prune.keep", fmt::join(names, ", ")));
    }
}

/// Dynamic sparse training that moves less than one weight of any layer never acts.
void check_moves(const Recipe& recipe, const std::vector<prune::LayerPlan>& layers) {
    if (prune::schedules().get(recipe.prune.schedule).decay.empty()) return;
    const std::int64_t most = std::ranges::max(layers, {}, &prune::LayerPlan::kept).kept;
    if (recipe.prune.drop_fraction * static_cast<double>(most) >= 1) return;
    recipe.fail("prune.drop_fraction",
                fmt::format(": less than one weight of any layer, the largest of which has {} left", most));
}

/// Takes the signals of two examples, for criteria that run the network for them.
void try_signals(const Recipe& recipe, const Graph& graph, const data::Dataset& dataset,
                 const prune::Criterion& criterion, const char* key) {
    if (criterion.signals_mode == prune::SignalsMode::none) return;
    Recipe small = recipe;
    small.train.batch_size = std::min<std::int64_t>(recipe.train.batch_size, 2);
    try {
        train::Signals::collect({.graph = graph,
                                 .weights = graph.initializers,
                                 .dataset = &dataset,
                                 .recipe = small,
                                 .needs = criterion.needs,
                                 .mode = criterion.signals_mode,
                                 .temperature = criterion.temperature});
    } catch (const Error& error) {
        recipe.fail(key, fmt::format(": {}", error.what()));
    }
}

/// What the loss makes of the network's end; "" where there is nothing to say.
std::string check_end(const Recipe& recipe, const Graph& graph) {
    if (!train::losses().get(recipe.train.loss).takes_logits) return "";
    const std::string output = train::output_of(graph, recipe);
    const Node* maker = maker_of(graph, output);
    if (maker == nullptr) return "";
    if (maker->op == "Sigmoid" || maker->op == "HardSigmoid") {
        recipe.fail(
            "train.loss",
            fmt::format(": it applies a softmax to the outputs, and the network ends in {} ({}), expected "
                        "logits, a Softmax, or loss \"mean-squared-error\"",
                        maker->op, describe(*maker)));
    }
    if (train::logits_of(graph, recipe) == output) return "";
    return fmt::format("the network ends in {}: it is trained on its logits, \"{}\", and written as it came",
                       maker->op, train::logits_of(graph, recipe));
}

/// Dropout nodes that are exported in training mode; "" where there are none.
std::string check_dropout(const Recipe& recipe, const Graph& graph) {
    try {
        const std::size_t gone = graph.nodes.size() - surgery::without_training_dropout(graph).nodes.size();
        if (gone == 0) return "";
        return fmt::format(
            "{} Dropout node{} in training mode: trained with, left out of what is measured "
            "and written",
            gone, gone == 1 ? "" : "s");
    } catch (const Unsupported& error) {
        recipe.fail("model.onnx", fmt::format(": {}", error.what()));
    }
}

/// The scales of an untrained network are all 1.
void check_scales(const Recipe& recipe, const Graph& graph) {
    if (!reads(recipe, "batch-norm-scale")) return;
    const auto layers = prunable(graph, recipe.prune.include);
    if (std::ranges::all_of(layers, &std::string::empty, &PrunableWeight::scale))
        recipe.fail("prune.criterion", ": reads the batch normalisation scale, and this network has none");
    const std::string when = untrained_cut(recipe);
    if (when.empty()) return;
    std::set<float> sizes;
    for (const PrunableWeight& layer : layers) {
        if (layer.scale.empty()) continue;
        for (const float scale : graph.initializers.at(layer.scale).f32()) sizes.insert(std::abs(scale));
    }
    if (sizes.size() == 1) {
        recipe.fail("prune.criterion", fmt::format(": {} all scales are {}, and all scores would be the same",
                                                   when, *sizes.begin()));
    }
}

/// Numbers of the right count.
void make_up_signals(std::vector<prune::Candidate>& candidates) {
    for (prune::Candidate& candidate : candidates) {
        const prune::Layout layout = prune::layout_of(candidate);
        for (const prune::Signal* signal : prune::signals()) {
            const auto count = static_cast<std::size_t>(prune::values_of(*signal, layout));
            candidate.signals.emplace(signal->name, candidate.weight.first(count));
        }
    }
}

void rehearse_units(const Recipe& recipe, const Graph& graph, const prune::MaskSet& kept) {
    const AxisGroups groups(graph);
    UnitCut what{.recipe = recipe,
                 .groups = groups,
                 .weights = surgery::candidates(graph, graph.initializers),
                 .current = kept};
    make_up_signals(what.weights);
    cut_units(what, round_goal(recipe, 1));
}

void rehearse_arm(const Recipe& recipe, const data::Dataset& dataset, std::vector<std::string>& remarks) {
    const Graph graph = network(recipe, dataset, 0);
    const prune::MaskSet kept = surgery::all_kept(graph, recipe.prune.include);
    if (recipe.regularize.dropout > 0) {
        try {
            surgery::with_dropout(graph, recipe.regularize.dropout, kept);
        } catch (const InvalidArgument& error) {
            recipe.fail("regularize.dropout", fmt::format(": {}", error.what()));
        }
    }
    check_opened_batch(recipe, dataset);
    check_included(recipe, graph);
    check_kept(recipe, graph);
    check_frozen(recipe, graph);
    for (const std::string& remark : {check_end(recipe, graph), check_dropout(recipe, graph)}) {
        if (!remark.empty() && std::ranges::find(remarks, remark) == remarks.end()) remarks.push_back(remark);
    }
    if (recipe.prune.rounds == 0) return;
    check_output_layer(recipe, graph);
    check_scales(recipe, graph);
    auto candidates = candidates_of(recipe, graph, graph.initializers);
    if (candidates.empty()) recipe.fail("prune.keep", ": nothing is left to cut");
    make_up_signals(candidates);
    const std::int64_t epoch = data::steps_per_epoch(dataset.train.count(), recipe.train.batch_size);
    try {
        for (std::int64_t round = 2; round <= recipe.prune.rounds; ++round) round_goal(recipe, round);
        prune::action_at(schedule_settings(recipe, recipe.train.steps.steps(epoch), epoch), 0);
        if (recipe.prune.remove) {
            rehearse_units(recipe, graph, kept);
        } else {
            const prune::Plan plan = prune::plan(
                prune_request(recipe, graph, std::move(candidates), kept, round_goal(recipe, 1), 0));
            check_moves(recipe, plan.layers);
        }
    } catch (const InvalidArgument& error) {
        throw BadRecipe(fmt::format("{}: [prune]: {}", recipe.file_name, error.what()));
    } catch (const InvalidModel& error) {
        throw BadRecipe(fmt::format("{}: [prune]: {}", recipe.file_name, error.what()));
    }
    try_signals(recipe, graph, dataset, prune::criteria().get(recipe.prune.criterion), "prune.criterion");
    const prune::Schedule& schedule = prune::schedules().get(recipe.prune.schedule);
    if (schedule.growth.empty()) return;
    for (const std::string_view criterion : {schedule.growth, schedule.drop})
        try_signals(recipe, graph, dataset, prune::criteria().get(criterion), "prune.schedule");
}

}  // namespace

std::vector<std::string> rehearse(const Recipe& recipe, const data::Dataset& dataset) {
    std::vector<std::string> remarks;
    rehearse_arm(recipe, dataset, remarks);
    for (const Recipe& arm : recipe.arms) rehearse_arm(arm, dataset, remarks);
    return remarks;
}

}  // namespace espalier::lottery
