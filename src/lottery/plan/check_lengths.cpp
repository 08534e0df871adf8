// Lengths that do not fit into each other or to the data.
#include <fmt/format.h>

#include <algorithm>

#include "lottery/control.h"
#include "lottery/plan/check.h"
#include "lottery/retraining.h"

namespace espalier::lottery {
namespace {

/// The step whose weights are cut must be one that every training goes through.
void check_prune_step(const Recipe& recipe, std::int64_t epoch) {
    const std::int64_t at = recipe.prune.at.steps(epoch);
    if (at == 0) return;
    for (int level = 1; level < recipe.prune.rounds; ++level) {
        const RetrainingPlan plan =
            retraining().get(recipe.retrain.mode).plan(retraining_lengths(recipe, epoch), level);
        if (at >= plan.first_step && at <= plan.last_step) continue;
        recipe.fail("prune.at", fmt::format(": level {} trains from step {} to {}", level, plan.first_step,
                                            plan.last_step));
    }
}

/// A milestone that no training reaches changes nothing.
void check_milestones(const Recipe& recipe, std::int64_t epoch) {
    std::int64_t end = recipe.train.steps.steps(epoch);
    if (end == 0 && recipe.prune.rounds > 0) {  // the schedule is that of each retraining
        const RetrainingPlan plan =
            retraining().get(recipe.retrain.mode).plan(retraining_lengths(recipe, epoch), 1);
        end = plan.last_step - plan.first_step;
    }
    for (const Length& milestone : recipe.train.milestones) {
        if (milestone.steps(epoch) < end) continue;
        recipe.fail("train.milestones", fmt::format(": step {} is not before the end of training, step {}",
                                                    milestone.steps(epoch), end));
    }
}

/// A control that looks for its mask epoch after epoch needs as many.
void check_epochs(const Recipe& recipe, std::int64_t epoch) {
    for (const std::string& name : recipe.experiment.controls) {
        const Control& control = controls().get(name);
        if (recipe.train.steps.steps(epoch) >= control.least_epochs * epoch) continue;
        recipe.fail("experiment.controls",
                    fmt::format(": \"{}\" finds its mask after {} epochs or more, and train.steps is {} ({} "
                                "steps of {} an epoch)",
                                name, control.least_epochs, recipe.train.steps.to_string(),
                                recipe.train.steps.steps(epoch), epoch));
    }
}

/// Throws BadRecipe for lengths that do not fit into each other.
void check_lengths_of(const Recipe& recipe, const data::Dataset& dataset) {
    if (recipe.train.batch_size > dataset.train.count()) {
        recipe.fail("train.batch_size",
                    fmt::format(": the training set has {} examples", dataset.train.count()));
    }
    if (recipe.train.batch_size % recipe.train.shards != 0) {
        recipe.fail("train.shards", fmt::format(": it does not divide a batch of {} (train.batch_size)",
                                                recipe.train.batch_size));
    }
    const std::int64_t epoch = data::steps_per_epoch(dataset.train.count(), recipe.train.batch_size);
    const std::int64_t end = recipe.train.steps.steps(epoch);
    const auto before_end = [&](std::string_view key, const Length& length) {
        if (length.steps(epoch) < end || length == Length{}) return;
        recipe.fail(key, fmt::format(": step {} is not before the end of training, step {} ({})",
                                     length.steps(epoch), end, recipe.train.steps.to_string()));
    };
    if (end > 0 && recipe.train.warmup.steps(epoch) >= end) {
        recipe.fail("train.warmup", fmt::format(": expected less than the {} steps of training", end));
    }
    before_end("retrain.to", recipe.retrain.to);
    before_end("prune.at", recipe.prune.at);
    for (const Length& step : recipe.experiment.stability) before_end("experiment.stability", step);
    check_prune_step(recipe, epoch);
    check_milestones(recipe, epoch);
    if (recipe.prune.rounds > 0) check_epochs(recipe, epoch);
}

void check_crop(const Recipe& recipe, const data::Dataset& dataset) {
    const Shape shape = dataset.example_shape();
    if (!dataset.train.are_images()) {
        for (const auto& [key, given] :
             {std::pair("data.crop", recipe.data.crop > 0), {"data.flip", recipe.data.flip}}) {
            if (given)
                recipe.fail(key, fmt::format(": it is about images, and examples are {}", to_string(shape)));
        }
        return;
    }
    const std::int64_t side = std::min(shape.at(1), shape.at(2));
    if (recipe.data.crop >= side) {
        recipe.fail("data.crop",
                    fmt::format(": images are {}, expected 0 to {}", to_string(shape), side - 1));
    }
}

}  // namespace

void check_lengths(const Recipe& recipe, const data::Dataset& dataset) {
    check_crop(recipe, dataset);
    check_lengths_of(recipe, dataset);
    for (const Recipe& arm : recipe.arms) check_lengths_of(arm, dataset);
}

}  // namespace espalier::lottery
