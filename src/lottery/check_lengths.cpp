// Lengths that do not fit into each other or to the data.
#include <fmt/format.h>

#include <algorithm>

#include "lottery/check.h"
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

/// Throws BadRecipe for lengths that do not fit into each other.
void check_lengths_of(const Recipe& recipe, const data::Dataset& dataset) {
    if (recipe.train.batch_size > dataset.train.count()) {
        recipe.fail("train.batch_size",
                    fmt::format(": the training set has {} examples", dataset.train.count()));
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
}

void check_crop(const Recipe& recipe, const data::Dataset& dataset) {
    const Shape shape = dataset.example_shape();
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
