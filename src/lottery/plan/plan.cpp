// Recipe -> stages: levels of every search, its controls, and stability.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/hash.h"

#include "espalier/lottery.h"
#include "lottery/control.h"
#include "lottery/plan/check.h"
#include "lottery/plan/stage_hash.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/retraining.h"

namespace espalier::lottery {
namespace {

bool contains(const std::vector<std::int64_t>& levels, int level) {
    return levels.empty() || std::ranges::count(levels, level) > 0;
}

class Planner {
  public:
    Planner(const Recipe& recipe, const data::Dataset& dataset)
        : recipe_(recipe), dataset_(dataset), data_(data_determinants(dataset)) {}

    std::vector<StageSpec> plan() {
        for (int replicate = 0; replicate < recipe_.experiment.replicates; ++replicate) {
            replicate_ = replicate;
            add_search(0);
            for (std::size_t i = 0; i < recipe_.arms.size(); ++i) add_search(static_cast<int>(i) + 1);
        }
        for (replicate_ = 0; replicate_ < recipe_.experiment.replicates; ++replicate_) {
            for (int level = 0; level <= recipe_.prune.rounds; ++level) {
                if (level > 0 && contains(recipe_.experiment.control_levels, level)) add_controls(level);
                if (contains(recipe_.experiment.stability_levels, level)) add_stability(level);
            }
        }
        return std::move(stages_);
    }

  private:
    const Recipe& arm_recipe(int arm) const {
        return arm == 0 ? recipe_ : recipe_.arms[static_cast<std::size_t>(arm - 1)];
    }
    std::int64_t epoch(const Recipe& recipe) const {
        return data::steps_per_epoch(dataset_.train.count(), recipe.train.batch_size);
    }
    RetrainingPlan retrain(const Recipe& recipe, int level) const {
        return retraining()
            .get(recipe.retrain.mode)
            .plan(retraining_lengths(recipe, epoch(recipe)), std::max(level, 1));
    }
    StageSpec& at(int index) { return stages_[static_cast<std::size_t>(index)]; }
    std::string hash(int index) const {
        return index < 0 ? "" : stages_[static_cast<std::size_t>(index)].hash;
    }

    /// All levels of one arm in this replicate.
    void add_search(int arm) {
        const Recipe& recipe = arm_recipe(arm);
        const std::int64_t end = recipe.train.steps.steps(epoch(recipe));
        const int dense = add({.places = {{recipe.arm, 0}}, .recipe = arm, .last_step = end},
                              determinants_of_training(recipe));
        at(dense).dense = dense;
        at(dense).snapshots.insert(0);
        const bool whole = !retrains(recipe);  // prunes in a training of its own
        int before = dense;
        if (arm == 0) ticket_[replicate_].push_back(dense);
        for (int level = 1; level <= recipe.prune.rounds; ++level) {
            const RetrainingPlan plan = retrain(recipe, recipe.prune.one_shot ? 1 : level);
            const int parent = recipe.prune.one_shot ? dense : before;
            leave_for_cut(recipe, parent);
            if (plan.survivors == RetrainingPlan::Survivors::rewound) at(dense).snapshots.insert(plan.step);
            before = add({.places = {{recipe.arm, level}},
                          .recipe = arm,
                          .parent = parent,
                          .dense = dense,
                          .first_round = recipe.prune.one_shot ? 1 : level,
                          .first_step = whole ? 0 : plan.first_step,
                          .last_step = whole ? end : plan.last_step},
                         determinants_of_training(recipe) + pruning_determinants(recipe));
            if (arm == 0) ticket_[replicate_].push_back(before);
        }
    }

    /// What the parent keeps for the one who cuts it.
    void leave_for_cut(const Recipe& recipe, int parent) {
        const std::int64_t step = recipe.prune.at.steps(epoch(recipe));
        if (step > 0) at(parent).snapshots.insert(step);
        if (reads(recipe, "movement")) at(parent).keeps_movement = true;
    }

    void add_controls(int level) {
        const int ticket = ticket_[replicate_].at(static_cast<std::size_t>(level));
        const int other_replicate = (replicate_ + 1) % static_cast<int>(recipe_.experiment.replicates);
        const RetrainingPlan plan = retrain(recipe_, level);
        const std::int64_t end = recipe_.train.steps.steps(epoch(recipe_));
        for (const std::string& name : recipe_.experiment.controls) {
            const Control& control = controls().get(name);
            const StepRange steps = control.steps(plan, end);
            const int dense = at(ticket).dense;
            if (plan.survivors == RetrainingPlan::Survivors::rewound) at(dense).snapshots.insert(plan.step);
            add({.kind = StageSpec::Kind::control,
                 .places = {{name, level}},
                 .parent = ticket,
                 .dense = dense,
                 .other = control.needs_other_replicate
                              ? ticket_[other_replicate].at(static_cast<std::size_t>(level))
                              : -1,
                 .first_step = steps.first,
                 .last_step = steps.last},
                determinants_of_training(recipe_) + pruning_determinants(recipe_));
        }
    }

    void add_stability(int level) {
        const int ticket = ticket_[replicate_].at(static_cast<std::size_t>(level));
        for (const Length& from : recipe_.experiment.stability) {
            const std::int64_t step = from.steps(epoch(recipe_));
            const int dense = at(ticket).dense;
            at(dense).snapshots.insert(step);
            add({.kind = StageSpec::Kind::stability,
                 .places = {{"stability", level}},
                 .parent = ticket,
                 .dense = dense,
                 .first_step = step,
                 .last_step = recipe_.train.steps.steps(epoch(recipe_))},
                determinants_of_training(recipe_) + stability_determinants(recipe_));
        }
    }

    /// Files that a recipe names are read once.
    const std::string& determinants_of_training(const Recipe& recipe) {
        auto found = training_.find(&recipe);
        if (found == training_.end()) found = training_.emplace(&recipe, training_determinants(recipe)).first;
        return found->second;
    }

    /// The stage of these determinants: a new one, or one that another arm has planned.
    int add(StageSpec stage, const std::string& determinants) {
        stage.replicate = replicate_;
        stage.hash = stage_hash(data_ + determinants, stage,
                                {hash(stage.parent), hash(stage.dense), hash(stage.other)});
        const auto [known, fresh] = by_hash_.emplace(stage.hash, static_cast<int>(stages_.size()));
        if (fresh) {
            stages_.push_back(std::move(stage));
        } else {
            std::vector<Place>& places = at(known->second).places;
            if (std::ranges::count(places, stage.places.front()) == 0) places.push_back(stage.places.front());
        }
        return known->second;
    }

    const Recipe& recipe_;
    const data::Dataset& dataset_;
    std::string data_;
    std::map<const Recipe*, std::string> training_;
    int replicate_ = 0;
    std::vector<StageSpec> stages_;
    std::map<std::string, int> by_hash_;
    std::map<int, std::vector<int>> ticket_;  // by replicate, then level
};

}  // namespace

std::vector<StageSpec> plan(const Recipe& recipe, const data::Dataset& dataset) {
    check_controls(recipe);
    check_lengths(recipe, dataset);
    check_targets(recipe, dataset);
    return Planner(recipe, dataset).plan();
}

std::uint64_t replicate_seed(const Recipe& recipe, int replicate) {
    return hash_u64(fmt::format("replicate {}", replicate),
                    static_cast<std::uint64_t>(recipe.experiment.seed));
}

data::Source source_of(const Recipe& recipe) {
    return {.dataset = recipe.data.dataset,
            .path = recipe.data.path,
            .validation = recipe.data.validation,
            .test = recipe.data.test,
            .split_seed = static_cast<std::uint64_t>(recipe.experiment.seed),
            .normalize = recipe.data.normalize,
            .ignore = recipe.data.ignore};
}

}  // namespace espalier::lottery
