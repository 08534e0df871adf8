// Can a recipe work? Names are checked before any data are read, and pruning is rehearsed before anything is
// trained.
#include <fmt/format.h>

#include <algorithm>

#include "data/dataset_format.h"
#include "espalier/lottery.h"
#include "espalier/surgery.h"
#include "lottery/prune_request.h"
#include "lottery/retraining.h"
#include "models/model.h"
#include "prune/criterion.h"
#include "prune/granularity.h"
#include "prune/schedule.h"
#include "prune/scope.h"
#include "prune/spacing.h"
#include "prune/unit_norm.h"
#include "train/device.h"
#include "train/learning_rate.h"
#include "train/loss.h"
#include "train/optimizer.h"

namespace espalier::lottery {
namespace {

template <class Entry>
void require(const Recipe& recipe, const char* key, const std::string& name, const Table<Entry>& table) {
    if (table.find(name) == nullptr) recipe.fail(key, table.hint(name));
}

void check_device(const Recipe& recipe) {
    try {
        train::require_device(recipe.train.device);
    } catch (const Unsupported& error) {
        recipe.fail("train.device", fmt::format(": {}", error.what()));
    }
}

void check_regularizers(const Recipe& recipe) {
    try {
        if (prune::parse_grain(recipe.regularize.group).granularity.tile == nullptr)
            recipe.fail("regularize.group", ": a pattern has no units, expected one such as \"filter\"");
    } catch (const InvalidArgument& error) {
        recipe.fail("regularize.group", fmt::format(": {}", error.what()));
    }
}

void check_teacher(const Recipe& recipe) {
    const bool needs = train::losses().get(recipe.train.loss).needs_teacher;
    if (needs == !recipe.train.teacher.empty()) return;
    recipe.fail("train.teacher",
                needs ? fmt::format(": loss \"{}\" needs the ONNX file of a teacher", recipe.train.loss)
                      : fmt::format(": loss \"{}\" has no teacher", recipe.train.loss));
}

/// One of sparsity, weights and macs at most; without them the rate counts.
void check_targets(const Recipe& recipe) {
    const Recipe::Prune& prune = recipe.prune;
    if ((prune.sparsity > 0) + (prune.weights > 0) + (prune.macs > 0) > 1) {
        recipe.fail(
            prune.macs > 0 ? "prune.macs" : "prune.weights",
            ": there is another target, expected one of prune.sparsity, prune.weights and prune.macs");
    }
    for (const auto& [key, is_set] :
         {std::pair("prune.weights", prune.weights > 0), {"prune.macs", prune.macs > 0}}) {
        if (is_set && prune.rounds > 1)
            recipe.fail(key, fmt::format(": expected prune.rounds = 1 with it, got {}", prune.rounds));
    }
    if (prune.score_rounds > 1 && (prune.rounds > 1 || prune.sparsity == 0 || is_pattern(recipe))) {
        recipe.fail("prune.score_rounds", ": expected prune.rounds = 1 and prune.sparsity with it");
    }
    if ((prune.scope == "sensitivity") == prune.sensitivity.empty()) {
        recipe.fail(
            "prune.sensitivity",
            prune.sensitivity.empty()
                ? ": scope \"sensitivity\" needs the file of a table (espalier sensitivity RECIPE makes it)"
                : fmt::format(": scope \"{}\" reads no table, scope \"sensitivity\" does", prune.scope));
    }
}

void check_schedule(const Recipe& recipe) {
    const Recipe::Prune& prune = recipe.prune;
    const prune::Schedule& schedule = prune::schedules().get(prune.schedule);
    if (prune.rounds == 0) return;
    const bool moves_needed = reads(recipe, prune::Signal::movement);
    if (prune.at != Length{} && (prune.schedule != "after-training" || moves_needed)) {
        recipe.fail("prune.at", moves_needed
                                    ? ": movement is summed up to the end of training"
                                    : fmt::format(": schedule \"{}\" has steps of its own", schedule.name));
    }
    if (prune.schedule == "after-training") return;
    if (prune.rounds != 1) {
        recipe.fail("prune.rounds",
                    fmt::format(": schedule \"{}\" prunes in one training, expected 1", schedule.name));
    }
    if (!schedule.is_during) {
        if (moves_needed) recipe.fail("prune.criterion", ": before training nothing has moved");
        return;
    }
    if (prune.sparsity == 0)
        recipe.fail("prune.sparsity", fmt::format(": schedule \"{}\" needs it", schedule.name));
    if (!prune.layers.empty()) {
        recipe.fail("prune.layers",
                    fmt::format(": schedule \"{}\" leads all layers to one sparsity", schedule.name));
    }
    const bool moves = !schedule.decay.empty();
    if (is_pattern(recipe) || (moves && prune.granularity != "element")) {
        recipe.fail("prune.granularity", fmt::format(": schedule \"{}\" {}", schedule.name,
                                                     moves ? "moves single weights, expected \"element\""
                                                           : "needs a granularity whose amount can grow"));
    }
}

}  // namespace

void check_names(const Recipe& recipe) {
    if (models::find(recipe.model.network) == nullptr)
        recipe.fail("model.network", models::networks().hint(recipe.model.network));
    if (!recipe.model.initialization.empty())
        require(recipe, "model.initialization", recipe.model.initialization, models::initializations());
    require(recipe, "data.dataset", recipe.data.dataset, data::datasets());
    require(recipe, "train.loss", recipe.train.loss, train::losses());
    require(recipe, "train.schedule", recipe.train.schedule, train::learning_rates());
    require(recipe, "train.optimizer.name", recipe.train.optimizer.name, train::optimizers());
    try {
        prune::parse_grain(recipe.prune.granularity);  // may carry arguments, as in "block 4x1"
    } catch (const InvalidArgument& error) {
        recipe.fail("prune.granularity", fmt::format(": {}", error.what()));
    }
    require(recipe, "prune.criterion", recipe.prune.criterion, prune::criteria());
    require(recipe, "prune.scope", recipe.prune.scope, prune::scopes());
    require(recipe, "prune.unit_norm", recipe.prune.unit_norm, prune::unit_norms());
    require(recipe, "prune.spacing", recipe.prune.spacing, prune::spacings());
    require(recipe, "prune.schedule", recipe.prune.schedule, prune::schedules());
    if (!recipe.prune.decay.empty()) require(recipe, "prune.decay", recipe.prune.decay, prune::decays());
    require(recipe, "retrain.mode", recipe.retrain.mode, retraining());
    check_device(recipe);
    check_regularizers(recipe);
    check_teacher(recipe);
    check_targets(recipe);
    check_schedule(recipe);
}

void rehearse(const Recipe& recipe, const data::Dataset& dataset) {
    const Graph graph = network(recipe, dataset, 0);
    const prune::MaskSet kept = surgery::all_kept(graph);
    if (recipe.regularize.dropout > 0) {
        try {
            surgery::with_dropout(graph, recipe.regularize.dropout, kept);
        } catch (const InvalidArgument& error) {
            recipe.fail("regularize.dropout", fmt::format(": {}", error.what()));
        }
    }
    if (recipe.prune.rounds == 0) return;
    if (reads(recipe, prune::Signal::batch_norm_scale) &&
        std::ranges::all_of(prunable(graph), &std::string::empty, &PrunableWeight::scale)) {
        recipe.fail("prune.criterion", ": reads the batch normalisation scale, and this network has none");
    }
    auto candidates = surgery::candidates(graph, graph.initializers);
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

}  // namespace espalier::lottery
