// Can a recipe work? What shows before any data are read: names, and settings that do not go together.
#include <fmt/format.h>

#include <algorithm>

#include "data/dataset_format.h"
#include "espalier/lottery.h"
#include "lottery/check.h"
#include "lottery/control.h"
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
#include "train/metric.h"
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
    if (prune.one_shot) {
        recipe.fail("prune.one_shot",
                    fmt::format(": schedule \"{}\" prunes along a training of its own", schedule.name));
    }
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

void check_model(const Recipe& recipe) {
    if (recipe.model.onnx.empty()) {
        if (models::find(recipe.model.network) == nullptr)
            recipe.fail("model.network", models::networks().hint(recipe.model.network));
        if (recipe.train.steps == Length{})
            recipe.fail("train.steps",
                        ": a built-in network has to be trained, so it takes at least \"1it\" (only "
                        "model.onnx may be trained already)");
    } else if (recipe.lines.contains("model.network")) {
        recipe.fail("model.onnx", ": there is a built-in network too, expected one of both");
    }
}

void check_arm(const Recipe& recipe) {
    check_model(recipe);
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

/// A key that the file sets and nobody reads is a mistake. An arm may read what its base does not, and need
/// not read what it has from there.
void check_unread(const Recipe& recipe, const std::vector<Recipe>& arms, const Recipe* base = nullptr) {
    const auto refuse = [&](const std::string& key, const std::string& who, const auto& reads) {
        // Resolved recipes set every key; what is as it would be anyway is no mistake.
        const std::string set = recipe.deviations({key});
        if (!recipe.lines.contains(key) || set.empty() || (base && base->deviations({key}) == set) ||
            reads(recipe) || std::ranges::any_of(arms, reads))
            return;
        recipe.fail(key, fmt::format(": {} does not read it", who));
    };
    if (recipe.prune.rounds == 0) return;
    const auto mode = [](const Recipe& one) -> const Retraining& {
        return retraining().get(one.retrain.mode);
    };
    const bool whole = recipe.prune.schedule != "after-training";
    const std::string retrains =
        whole ? fmt::format("schedule \"{}\", which has no retraining,", recipe.prune.schedule)
              : fmt::format("retraining mode \"{}\"", recipe.retrain.mode);
    const auto is_after = [](const Recipe& one) { return one.prune.schedule == "after-training"; };
    refuse("retrain.to", retrains, [&](const Recipe& one) { return is_after(one) && mode(one).reads_to; });
    refuse("retrain.steps", retrains,
           [&](const Recipe& one) { return is_after(one) && mode(one).reads_steps; });
    for (const char* key : {"initial_sparsity", "begin", "end", "every", "drop_fraction", "decay"}) {
        refuse(fmt::format("prune.{}", key), "schedule \"after-training\"",
               [&](const Recipe& one) { return !is_after(one); });
    }
}

}  // namespace

void check_controls(const Recipe& recipe) {
    const auto& experiment = recipe.experiment;
    for (const std::string& name : experiment.controls) {
        if (controls().find(name) == nullptr) {
            recipe.fail("experiment.controls", fmt::format(": \"{}\"{}", name, controls().hint(name)));
        }
        if (std::count(experiment.controls.begin(), experiment.controls.end(), name) > 1) {
            recipe.fail("experiment.controls", fmt::format(": \"{}\" is there twice", name));
        }
        if (controls().get(name).needs_other_replicate && experiment.replicates < 2) {
            recipe.fail(
                "experiment.controls",
                fmt::format(": \"{}\" needs another replicate, expected experiment.replicates of 2 or more",
                            name));
        }
    }
    for (const std::string& name : experiment.metrics) {
        if (train::metrics().find(name) == nullptr)
            recipe.fail("experiment.metrics", fmt::format(": \"{}\"{}", name, train::metrics().hint(name)));
        if (std::ranges::count(experiment.metrics, name) > 1)
            recipe.fail("experiment.metrics", fmt::format(": \"{}\" is there twice", name));
    }
    for (const std::int64_t level : experiment.control_levels) {
        if (level < 1 || level > recipe.prune.rounds) {
            recipe.fail("experiment.control_levels",
                        fmt::format(": level {} is not there, expected 1 to prune.rounds = {}", level,
                                    recipe.prune.rounds));
        }
    }
    for (const std::int64_t level : experiment.stability_levels) {
        if (level < 0 || level > recipe.prune.rounds) {
            recipe.fail("experiment.stability_levels",
                        fmt::format(": level {} is not there, expected 0 to prune.rounds = {}", level,
                                    recipe.prune.rounds));
        }
    }
}

void check_names(const Recipe& recipe) {
    check_arm(recipe);
    check_controls(recipe);
    check_unread(recipe, recipe.arms);
    for (const Recipe& arm : recipe.arms) {
        if (arm.arm == "ticket" || arm.arm == "stability" || controls().find(arm.arm) != nullptr)
            recipe.fail("arms." + arm.arm, ": this name has a meaning of its own, expected another");
        check_arm(arm);
        check_unread(arm, {}, &recipe);
    }
}

}  // namespace espalier::lottery
