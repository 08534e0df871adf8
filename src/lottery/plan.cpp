// Recipe -> stages with their hashes.
#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/error.h"
#include "espalier/lottery.h"
#include "espalier/models.h"
#include "lottery/control.h"
#include "lottery/retraining.h"

namespace espalier::lottery {
namespace {

// Part of every hash: raised when the same inputs would train to other bytes than before.
constexpr int kStageVersion = 2;

/// Throws BadRecipe for lengths that do not fit into each other.
RetrainingLengths lengths_of(const Recipe& recipe, const data::Dataset& dataset) {
    if (recipe.train.batch_size > dataset.train.count()) {
        recipe.fail("train.batch_size",
                    fmt::format(": the training set has {} examples", dataset.train.count()));
    }
    const std::int64_t epoch = data::steps_per_epoch(dataset.train.count(), recipe.train.batch_size);
    const std::int64_t end = recipe.train.steps.steps(epoch);
    const auto before_end = [&](std::string_view key, const Length& length) {
        if (length.steps(epoch) < end) return;
        recipe.fail(key, fmt::format(": step {} is not before the end of training, step {} ({})",
                                     length.steps(epoch), end, recipe.train.steps.to_string()));
    };
    if (recipe.train.warmup.steps(epoch) >= end) {
        recipe.fail("train.warmup", fmt::format(": expected less than the {} steps of training", end));
    }
    before_end("retrain.to", recipe.retrain.to);
    before_end("prune.at", recipe.prune.at);
    return retraining_lengths(recipe, epoch);
}

/// The step whose weights are cut must be one that every training goes through.
void check_prune_step(const Recipe& recipe, const data::Dataset& dataset, const RetrainingLengths& lengths) {
    const std::int64_t epoch = data::steps_per_epoch(dataset.train.count(), recipe.train.batch_size);
    const std::int64_t at = recipe.prune.at.steps(epoch);
    if (at == 0) return;
    for (int level = 1; level < recipe.prune.rounds; ++level) {
        const RetrainingPlan plan = retraining().get(recipe.retrain.mode).plan(lengths, level);
        if (at >= plan.first_step && at <= plan.last_step) continue;
        recipe.fail("prune.at", fmt::format(": level {} trains from step {} to {}", level, plan.first_step,
                                            plan.last_step));
    }
}

void check_controls(const Recipe& recipe) {
    const auto& experiment = recipe.experiment;
    for (const std::string& name : experiment.controls) {
        if (controls().find(name) == nullptr) {
            recipe.fail("experiment.controls", fmt::format(": \"{}\"{}", name, controls().hint(name)));
        }
        if (std::count(experiment.controls.begin(), experiment.controls.end(), name) > 1) {
            recipe.fail("experiment.controls", fmt::format(": \"{}\" is there twice", name));
        }
    }
    for (const std::int64_t level : experiment.control_levels) {
        if (level < 1 || level > recipe.prune.rounds) {
            recipe.fail("experiment.control_levels",
                        fmt::format(": level {} is not there, expected 1 to prune.rounds = {}", level,
                                    recipe.prune.rounds));
        }
    }
}

void check_crop(const Recipe& recipe, const data::Dataset& dataset) {
    const Shape shape = dataset.example_shape();
    const std::int64_t side = std::min(shape.at(1), shape.at(2));
    if (recipe.data.crop >= side) {
        recipe.fail("data.crop",
                    fmt::format(": images are {}, expected 0 to {}", to_string(shape), side - 1));
    }
}

/// Everything that all stages depend on. Where files lie, how many rounds, replicates and controls there are
/// and how latency is measured do not change the bytes of a stage, so they are left out.
std::string common_determinants(Recipe recipe, const data::Dataset& dataset) {
    std::string text = fmt::format("espalier stage {}\n", kStageVersion);
    for (std::string* file : {&recipe.train.teacher, &recipe.prune.sensitivity}) {
        if (!file->empty()) text += hash_hex(read_file(*file)) + "\n";
        file->clear();
    }
    recipe.data.path.clear();
    // On the way to a sparsity, what a round cuts depends on how many there are.
    if (recipe.prune.sparsity == 0) recipe.prune.rounds = Recipe().prune.rounds;
    text += recipe.deviations({"model", "data", "train", "regularize", "prune", "retrain", "experiment.seed",
                               "experiment.evaluate_every"});
    for (const data::Examples* examples : {&dataset.train, &dataset.validation, &dataset.test}) {
        text +=
            hash_hex(examples->images.bytes()) + hash_hex(std::as_bytes(std::span(examples->labels))) + "\n";
    }
    return text;
}

bool has_controls(const Recipe& recipe, int level) {
    const auto& levels = recipe.experiment.control_levels;
    return level > 0 && (levels.empty() || std::find(levels.begin(), levels.end(), level) != levels.end());
}

class Planner {
  public:
    Planner(const Recipe& recipe, const data::Dataset& dataset)
        : recipe_(recipe),
          lengths_(lengths_of(recipe, dataset)),
          common_(common_determinants(recipe, dataset)) {
        check_prune_step(recipe, dataset, lengths_);
    }

    std::vector<StageSpec> plan() {
        for (int replicate = 0; replicate < recipe_.experiment.replicates; ++replicate)
            add_replicate(replicate);
        return std::move(stages_);
    }

  private:
    void add_replicate(int replicate) {
        int before = -1;
        for (int level = 0; level <= recipe_.prune.rounds; ++level) {
            const RetrainingPlan retrain =
                retraining().get(recipe_.retrain.mode).plan(lengths_, std::max(level, 1));
            // A schedule that prunes in training has the whole of it.
            const bool whole = level == 0 || recipe_.prune.schedule != "after-training";
            const int ticket = add({.hash = {},
                                    .arm = "ticket",
                                    .level = level,
                                    .replicate = replicate,
                                    .parent = before,
                                    .first_step = whole ? 0 : retrain.first_step,
                                    .last_step = whole ? lengths_.end : retrain.last_step});
            before = ticket;
            if (!has_controls(recipe_, level)) continue;
            for (const std::string& name : recipe_.experiment.controls) {
                const bool rewinds = controls().get(name).rewinds;
                add({.hash = {},
                     .arm = name,
                     .level = level,
                     .replicate = replicate,
                     .parent = ticket,
                     .first_step = rewinds ? retrain.first_step : 0,
                     .last_step = rewinds ? retrain.last_step : lengths_.end});
            }
        }
    }

    int add(StageSpec stage) {
        const std::string parent =
            stage.parent < 0 ? "" : stages_[static_cast<std::size_t>(stage.parent)].hash;
        stage.hash =
            hash_hex(fmt::format("{}arm {} level {} replicate {} parent {} steps {}..{}", common_, stage.arm,
                                 stage.level, stage.replicate, parent, stage.first_step, stage.last_step));
        stages_.push_back(std::move(stage));
        return static_cast<int>(stages_.size()) - 1;
    }

    const Recipe& recipe_;
    RetrainingLengths lengths_;
    std::string common_;
    std::vector<StageSpec> stages_;
};

}  // namespace

std::vector<StageSpec> plan(const Recipe& recipe, const data::Dataset& dataset) {
    check_controls(recipe);
    check_crop(recipe, dataset);
    return Planner(recipe, dataset).plan();
}

Graph network(const Recipe& recipe, const data::Dataset& dataset, std::uint64_t seed) {
    return models::build(recipe.model.network, {.example_shape = dataset.example_shape(),
                                                .classes = dataset.classes,
                                                .seed = seed,
                                                .initialization = recipe.model.initialization});
}

std::uint64_t replicate_seed(const Recipe& recipe, int replicate) {
    return hash_u64(fmt::format("replicate {}", replicate),
                    static_cast<std::uint64_t>(recipe.experiment.seed));
}

data::Source source_of(const Recipe& recipe) {
    return {.dataset = recipe.data.dataset,
            .path = recipe.data.path,
            .validation = recipe.data.validation,
            .split_seed = static_cast<std::uint64_t>(recipe.experiment.seed),
            .normalize = recipe.data.normalize};
}

}  // namespace espalier::lottery
