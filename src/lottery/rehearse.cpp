// Pruning on the untrained network with made-up signals, so that what cannot work fails before anything is
// trained.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "base/wildcard.h"
#include "espalier/error.h"
#include "espalier/lottery.h"
#include "espalier/surgery.h"
#include "lottery/imported.h"
#include "lottery/prune_request.h"

namespace espalier::lottery {
namespace {

void check_kept(const Recipe& recipe, const Graph& graph) {
    const std::vector<std::string> names = prunable_weights(graph);
    for (const std::string& pattern : recipe.prune.keep) {
        if (std::ranges::none_of(names, [&](const std::string& name) { return matches(pattern, name); }))
            recipe.fail("prune.keep",
                        fmt::format(": weight \"{}\"{}", pattern, unknown_hint(pattern, names)));
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
}

void rehearse_arm(const Recipe& recipe, const data::Dataset& dataset) {
    const Graph graph = network(recipe, dataset, 0);
    const prune::MaskSet kept = surgery::all_kept(graph);
    if (recipe.regularize.dropout > 0) {
        try {
            surgery::with_dropout(graph, recipe.regularize.dropout, kept);
        } catch (const InvalidArgument& error) {
            recipe.fail("regularize.dropout", fmt::format(": {}", error.what()));
        }
    }
    check_opened_batch(recipe, dataset);
    check_kept(recipe, graph);
    check_frozen(recipe, graph);
    if (recipe.prune.rounds == 0) return;
    if (reads(recipe, prune::Signal::batch_norm_scale) &&
        std::ranges::all_of(prunable(graph), &std::string::empty, &PrunableWeight::scale)) {
        recipe.fail("prune.criterion", ": reads the batch normalisation scale, and this network has none");
    }
    auto candidates = candidates_of(recipe, graph, graph.initializers);
    if (candidates.empty()) recipe.fail("prune.keep", ": nothing is left to cut");
    for (prune::Candidate& candidate : candidates) {
        candidate.gradient = candidate.squared_gradient = candidate.initial_weight = candidate.weight;
        candidate.hessian_gradient = candidate.movement = candidate.flow = candidate.weight;
        const auto inputs = candidate.shape[static_cast<std::size_t>(1 - candidate.output_axis)];
        const auto outputs = candidate.shape[static_cast<std::size_t>(candidate.output_axis)];
        candidate.input_norm = candidate.weight.first(static_cast<std::size_t>(inputs));
        candidate.batch_norm_scale = candidate.weight.first(static_cast<std::size_t>(outputs));
    }
    const std::int64_t epoch = data::steps_per_epoch(dataset.train.count(), recipe.train.batch_size);
    try {
        for (std::int64_t round = 2; round <= recipe.prune.rounds; ++round) round_goal(recipe, round);
        prune::plan(prune_request(recipe, std::move(candidates), kept, round_goal(recipe, 1), 0));
        prune::action_at(schedule_settings(recipe, recipe.train.steps.steps(epoch), epoch), 0);
    } catch (const InvalidArgument& error) {
        throw BadRecipe(fmt::format("{}: [prune]: {}", recipe.file_name, error.what()));
    }
}

}  // namespace

void rehearse(const Recipe& recipe, const data::Dataset& dataset) {
    rehearse_arm(recipe, dataset);
    for (const Recipe& arm : recipe.arms) rehearse_arm(arm, dataset);
}

}  // namespace espalier::lottery
