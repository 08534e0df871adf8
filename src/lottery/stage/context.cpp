#include "lottery/stage/context.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/error.h"
#include "espalier/safetensors.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/stage/stage_files.h"

namespace espalier::lottery {

StageContext::StageContext(const std::vector<StageSpec>& stages, std::size_t index, const Recipe& recipe,
                           const data::Dataset& dataset, const store::Run& run)
    : stages_(stages),
      stage_(stages[index]),
      recipe_(recipe_of(recipe, stage_)),
      dataset_(dataset),
      run_(run),
      seed_(replicate_seed(recipe, stage_.replicate)),
      graph_(network(recipe_, dataset, seed_)),
      pruner_(recipe_, graph_, dataset, seed_) {
    take_kept_order();
}

void StageContext::take_kept_order() {
    if (!recipe_.prune.permute || stage_.is_dense()) return;
    if (const auto own = file(stage_, kOrder); file_exists(own)) return take(load_order(own));
    if (stage_.parent != stage_.dense) take(load_order(file(stage(stage_.parent), kOrder)));
}

void StageContext::take(SearchOrder order) {
    reorder(graph_.initializers, order.axes);
    order_ = std::move(order);
}

void StageContext::find_order() {
    const bool is_first =
        stage_.kind == StageSpec::Kind::search && !stage_.is_dense() && stage_.parent == stage_.dense;
    if (!recipe_.prune.permute || !is_first || !order_.said.empty()) return;
    // Schedules that cut within a training have their initial weights in the order.
    const Weights weights = retrains(recipe_) ? cut_weights(stage_.dense) : initial();
    take(lottery::find_order(recipe_, graph_, weights, dataset_, seed_));
    pruner_.note(order_.said);
}

std::int64_t StageContext::steps_per_epoch() const {
    return data::steps_per_epoch(dataset_.train.count(), recipe_.train.batch_size);
}

RetrainingPlan StageContext::retrain() const {
    const int level = recipe_.prune.one_shot ? 1 : std::max(stage_.level(), 1);
    return retraining().get(recipe_.retrain.mode).plan(retraining_lengths(recipe_, steps_per_epoch()), level);
}

bool StageContext::reads(std::string_view signal) const { return lottery::reads(recipe_, signal); }

std::filesystem::path StageContext::file(const StageSpec& stage, const std::string& name) const {
    return run_.stage_folder(stage.hash) / name;
}

Weights StageContext::read(int stage, const std::string& name) const {
    Weights weights = read_safetensors(file(this->stage(stage), name)).tensors;
    if (stage == stage_.dense) reorder(weights, order_.axes);
    return weights;
}

prune::MaskSet StageContext::masks_of(int stage) const {
    return prune::load_masks(file(this->stage(stage), kMasks));
}

Weights StageContext::initial() const { return read(stage_.dense, step_file(0)); }

Weights StageContext::cut_weights(int stage) const {
    const std::int64_t at = recipe_.prune.at.steps(steps_per_epoch());
    return read(stage, at > 0 ? step_file(at) : kWeights);
}

Weights StageContext::survivors(int stage) const {
    const RetrainingPlan plan = retrain();
    switch (plan.survivors) {
        case RetrainingPlan::Survivors::rewound:
            return read(stage_.dense, step_file(plan.step));
        case RetrainingPlan::Survivors::as_pruned:
            return cut_weights(stage);
        case RetrainingPlan::Survivors::fresh:
            return fresh(hash_u64(fmt::format("retrain/level {}", stage_.level()), seed_));
    }
    throw InternalError("a kind of survivors without weights");
}

Weights StageContext::fresh(std::uint64_t seed) const {
    Weights weights = fresh_weights(recipe_, dataset_, seed);
    reorder(weights, order_.axes);  // some are constants, or stay what they were in the file
    return weights;
}

prune::MaskSet StageContext::cut(const Weights& weights, const prune::MaskSet& masks, const Weights* movement,
                                 int first, int last) {
    const Weights at_start = initial();
    return pruner_.cut_rounds({.weights = weights, .masks = masks, .initial = at_start, .movement = movement},
                              first, last);
}

}  // namespace espalier::lottery
