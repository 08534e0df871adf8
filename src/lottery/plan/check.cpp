// Can a recipe work? What shows before any data are read: names, and settings that do not go together.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/dataset_format.h"
#include "espalier/lottery.h"
#include "lottery/control.h"
#include "lottery/plan/check.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/retraining.h"
#include "models/model.h"
#include "prune/criterion.h"
#include "prune/ranking/unit_norm.h"
#include "prune/scheduling/latent.h"
#include "prune/scheduling/schedule.h"
#include "prune/scheduling/spacing.h"
#include "prune/scope.h"
#include "prune/units/granularity.h"
#include "train/judging/metric.h"
#include "train/learning_rate.h"
#include "train/libtorch/device.h"
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
                needs ? fmt::format(": loss \"{}\" needs the ONNX file of a teacher, or \"itself\"",
                                    recipe.train.loss)
                      : fmt::format(": loss \"{}\" has no teacher", recipe.train.loss));
}

/// N:M fixes how much goes, once and for all.
void check_pattern(const Recipe& recipe) {
    const prune::Grain grain = prune::parse_grain(recipe.prune.granularity);
    if (recipe.prune.rounds == 0 || grain.granularity.tile != nullptr) return;
    const double sparsity =
        1 - static_cast<double>(grain.arguments.a) / static_cast<double>(grain.arguments.b);
    for (const char* key :
         {"prune.rate", "prune.sparsity", "prune.weights", "prune.macs", "prune.output_layer_rate"}) {
        const bool agrees =
            std::string_view(key) == "prune.sparsity" && std::abs(recipe.prune.sparsity - sparsity) < 1e-9;
        if (recipe.lines.contains(key) && !recipe.own_value(key).empty() && !agrees)
            recipe.fail(key, fmt::format(": granularity \"{}\" fixes how much goes, {:.4g} of every layer",
                                         recipe.prune.granularity, sparsity));
    }
    if (recipe.prune.rounds > 1) {
        recipe.fail("prune.rounds",
                    fmt::format(": granularity \"{}\" cuts all it ever cuts in one round, expected 1",
                                recipe.prune.granularity));
    }
}

/// One of sparsity, weights and macs at most; without them the rate counts.
void check_targets(const Recipe& recipe) {
    const Recipe::Prune& prune = recipe.prune;
    if ((prune.sparsity > 0) + (prune.weights > 0) + (prune.macs > 0) > 1) {
        recipe.fail(
            prune.macs > 0 ? "prune.macs" : "prune.weights",
            ": there is another target, expected one of prune.sparsity, prune.weights and prune.macs");
    }
    const bool has_target = prune.sparsity > 0 || prune.weights > 0 || prune.macs > 0;
    if (has_target && recipe.lines.contains("prune.rate") && !recipe.own_value("prune.rate").empty())
        recipe.fail("prune.rate", ": there is another target, which is not reached by a rate");
    for (const auto& [key, is_set] :
         {std::pair("prune.weights", prune.weights > 0), {"prune.macs", prune.macs > 0}}) {
        const bool in_rounds = prune.remove && prune.macs > 0;
        if (is_set && prune.rounds > 1 && !in_rounds)
            recipe.fail(key, fmt::format(": expected prune.rounds = 1 with it, got {}", prune.rounds));
    }
    if (prune.score_rounds > 1 && (prune.rounds > 1 || prune.sparsity == 0 || is_pattern(recipe))) {
        recipe.fail("prune.score_rounds", ": expected prune.rounds = 1 and prune.sparsity with it");
    }
    if (prune.scope == "by-time")
        recipe.fail("prune.scope",
                    ": \"by-time\" measures with calibration data: espalier prune MODEL --calibrate");
    if ((prune.scope == "sensitivity") == prune.sensitivity.empty()) {
        recipe.fail(
            "prune.sensitivity",
            prune.sensitivity.empty()
                ? ": scope \"sensitivity\" needs the file of a table (espalier sensitivity RECIPE makes it)"
                : fmt::format(": scope \"{}\" reads no table, scope \"sensitivity\" does", prune.scope));
    }
}

/// What a removal takes out are whole units.
void check_removal(const Recipe& recipe) {
    const Recipe::Prune& prune = recipe.prune;
    if (!prune.remove) {
        for (const char* key : {"prune.combine", "prune.round_to"}) {
            if (!recipe.own_value(key).empty()) recipe.fail(key, ": is read with prune.remove = true only");
        }
        return;
    }
    if (prune.rounds == 0) return;
    constexpr std::string_view kUnits[] = {"element", "filter", "channel", "head"};
    if (std::ranges::find(kUnits, prune.granularity) == std::end(kUnits)) {
        recipe.fail("prune.granularity",
                    ": prune.remove takes out whole units, expected \"filter\", \"channel\" or \"head\"");
    }
    const prune::Schedule& schedule = prune::schedules().get(prune.schedule);
    if (!schedule.decay.empty() || !schedule.latent.empty()) {
        recipe.fail("prune.schedule",
                    ": it moves single weights, and with prune.remove what is gone does not come back");
    }
    if (prune.output_layer_rate > 0)
        recipe.fail("prune.output_layer_rate", ": with prune.remove the outputs of the network all stay");
}

/// Criteria that score what training did to a weight score nothing where there was none: all would be 0, and
/// the cut one by position.
void check_moved(const Recipe& recipe) {
    if (!reads_training(recipe)) return;
    const auto refuse = [&](const std::string& when) {
        recipe.fail("prune.criterion",
                    fmt::format(": {} nothing has moved, and all scores would be 0", when));
    };
    if (const std::string when = untrained_cut(recipe); !when.empty()) refuse(when);
    // Movement is that of the level before alone; how much a weight grew is counted from the start.
    if (reads(recipe, "movement") && !recipe.prune.one_shot && recipe.prune.rounds > 1 &&
        !retraining().get(recipe.retrain.mode).trains)
        refuse("from the second level on, with a retrain.mode that trains nothing,");
}

/// Penalties are of weights, and latents are none, or have their own.
void check_latent(const Recipe& recipe, const prune::Schedule& schedule) {
    if (schedule.latent.empty()) return;
    const Recipe::Regularize& regularize = recipe.regularize;
    const auto refuse = [&](const char* key) {
        recipe.fail(key,
                    fmt::format(": schedule \"{}\" does not train the weights themselves", schedule.name));
    };
    if (!recipe.train.freeze.empty()) refuse("train.freeze");
    if (regularize.l1 > 0) refuse("regularize.l1");
    if (regularize.group_lasso > 0) refuse("regularize.group_lasso");
    if (regularize.l2 > 0 && !prune::latents().get(schedule.latent).reads_decay) refuse("regularize.l2");
    if (recipe.prune.backward_sparsity > recipe.prune.sparsity) {
        recipe.fail("prune.backward_sparsity",
                    fmt::format(": expected at most prune.sparsity = {}", recipe.prune.sparsity));
    }
}

/// Whether weights of several units go together: in blocks, or in patterns such as 2:4.
bool has_groups(const Recipe& recipe) {
    const prune::Grain grain = prune::parse_grain(recipe.prune.granularity);
    const auto& [outputs, inputs, word] = grain.arguments;
    const bool is_block = grain.granularity.is_sized && outputs * inputs > 1;
    return is_block || is_pattern(recipe);
}

void check_schedule(const Recipe& recipe) {
    const Recipe::Prune& prune = recipe.prune;
    const prune::Schedule& schedule = prune::schedules().get(prune.schedule);
    if (prune.rounds == 0) return;
    const bool moves_needed = reads(recipe, "movement");
    check_moved(recipe);
    if (prune.at != Length{} && (!schedule.retrains || moves_needed)) {
        recipe.fail("prune.at", moves_needed
                                    ? ": movement is summed up to the end of training"
                                    : fmt::format(": schedule \"{}\" has steps of its own", schedule.name));
    }
    if (schedule.retrains) return;
    if (prune.one_shot) {
        recipe.fail("prune.one_shot",
                    fmt::format(": schedule \"{}\" prunes along a training of its own", schedule.name));
    }
    if (prune.rounds != 1) {
        recipe.fail("prune.rounds",
                    fmt::format(": schedule \"{}\" prunes in one training, expected 1", schedule.name));
    }
    if (!schedule.is_during) return;
    check_latent(recipe, schedule);
    if (prune.sparsity == 0)
        recipe.fail("prune.sparsity", fmt::format(": schedule \"{}\" needs it", schedule.name));
    if (!prune.layers.empty()) {
        recipe.fail("prune.layers",
                    fmt::format(": schedule \"{}\" leads all layers to one sparsity", schedule.name));
    }
    const bool moves = !schedule.decay.empty() || !schedule.latent.empty();
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
    check_removal(recipe);
    check_permutation(recipe);
    check_schedule(recipe);
    check_pattern(recipe);
}

/// What a control cuts itself has no movement behind it, or no training at all.
void check_cut(const Recipe& recipe, const Control& control) {
    const bool is_untrained = control.cuts == Control::Cuts::untrained;
    if (control.cuts == Control::Cuts::nothing || recipe.prune.rounds == 0) return;
    if (reads(recipe, "movement") || (is_untrained && reads_training(recipe))) {
        recipe.fail(
            "experiment.controls",
            fmt::format(": \"{}\" cuts {}, and criterion \"{}\" scores what training did", control.name,
                        is_untrained ? "the initial weights" : "without the movement of a training",
                        recipe.prune.criterion));
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
        if (controls().get(name).draws_weights && recipe.prune.remove) {
            recipe.fail("experiment.controls",
                        fmt::format(": \"{}\" draws single weights, and prune.remove takes out whole units "
                                    "(\"random-mask\" draws units there)",
                                    name));
        }
        if (controls().get(name).is_gradual && is_pattern(recipe)) {
            recipe.fail("experiment.controls",
                        fmt::format(": \"{}\" cuts bit by bit, and granularity \"{}\" cuts all at once", name,
                                    recipe.prune.granularity));
        }
        if (controls().get(name).moves_units && has_groups(recipe)) {
            recipe.fail(
                "experiment.controls",
                fmt::format(": \"{}\" moves units, and granularity \"{}\" keeps weights of several together",
                            name, recipe.prune.granularity));
        }
        if (controls().get(name).needs_other_replicate && experiment.replicates < 2) {
            recipe.fail(
                "experiment.controls",
                fmt::format(": \"{}\" needs another replicate, expected experiment.replicates of 2 or more",
                            name));
        }
    }
    for (const std::string& name : experiment.controls) check_cut(recipe, controls().get(name));
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
    if (experiment.controls.empty() && !experiment.control_levels.empty())
        recipe.fail("experiment.control_levels", ": there are no experiment.controls");
    if (experiment.stability.empty() && !experiment.stability_levels.empty())
        recipe.fail("experiment.stability_levels", ": there are no steps in experiment.stability");
}

void check_names(const Recipe& recipe) {
    check_arm(recipe);
    check_controls(recipe);
    check_keys(recipe);
    for (const Recipe& arm : recipe.arms) {
        if (arm.arm == "ticket" || arm.arm == "stability" || controls().find(arm.arm) != nullptr)
            recipe.fail("arms." + arm.arm, ": this name has a meaning of its own, expected another");
        check_arm(arm);
        check_keys(arm, &recipe);
    }
}

}  // namespace espalier::lottery
