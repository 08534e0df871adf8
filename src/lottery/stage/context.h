// What a stage knows: its recipe, its network, and the files of the stages it needs.
#pragma once

#include <filesystem>

#include "espalier/lottery.h"
#include "lottery/pruning/pruner.h"
#include "lottery/pruning/search_order.h"
#include "lottery/retraining.h"

namespace espalier::lottery {

class StageContext {
  public:
    /// All outlive the context.
    StageContext(const std::vector<StageSpec>& stages, std::size_t index, const Recipe& recipe,
                 const data::Dataset& dataset, const store::Run& run);

    const StageSpec& stage() const { return stage_; }
    const StageSpec& stage(int index) const { return stages_[static_cast<std::size_t>(index)]; }
    const Recipe& recipe() const { return recipe_; }
    const data::Dataset& dataset() const { return dataset_; }
    const Graph& graph() const { return graph_; }
    std::uint64_t seed() const { return seed_; }  // of the replicate
    Pruner& pruner() { return pruner_; }

    std::int64_t steps_per_epoch() const;
    RetrainingPlan retrain() const;  // of this stage's level
    bool reads(std::string_view signal) const;

    std::filesystem::path file(const StageSpec& stage, const std::string& name) const;
    /// Those of the stage's own dense network come in the order of this stage.
    Weights read(int stage, const std::string& name) const;
    prune::MaskSet masks_of(int stage) const;

    /// How this stage's network lies against its dense one; graph() lies so too.
    const SearchOrder& order() const { return order_; }
    /// Finds it where this stage is the first of its search to have one, and none is kept of it yet.
    void find_order();
    Weights initial() const;  // of the dense network, at step 0

    /// The weights of `stage` that its next level cuts: at prune.at, or at the end.
    Weights cut_weights(int stage) const;
    /// What this level's training begins with if `stage` was the one before; nothing is cut yet.
    Weights survivors(int stage) const;
    /// Initial weights of another seed.
    Weights fresh(std::uint64_t seed) const;
    /// `weights`, cut by the rounds `first` to `last`.
    prune::MaskSet cut(const Weights& weights, const prune::MaskSet& masks, const Weights* movement,
                       int first, int last);

  private:
    /// The order is looked up where it is kept: with this stage, or the one before.
    void take_kept_order();
    void take(SearchOrder order);

    const std::vector<StageSpec>& stages_;
    const StageSpec& stage_;
    const Recipe& recipe_;
    const data::Dataset& dataset_;
    const store::Run& run_;
    std::uint64_t seed_;
    Graph graph_;
    SearchOrder order_;
    Pruner pruner_;
};

}  // namespace espalier::lottery
