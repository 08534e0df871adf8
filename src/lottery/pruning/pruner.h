// The pruning of one stage: signals from the trainer, masks from the library, as the recipe says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/prune.h"
#include "espalier/recipe.h"
#include "graph/coupling/axis_groups.h"
#include "prune/criterion.h"
#include "train/collect/signals.h"

namespace espalier::lottery {

/// A network to be cut.
struct PruneInput {
    const Weights& weights;  // zero where `masks` prunes
    const prune::MaskSet& masks;
    const Weights& initial;   // at step 0
    const Weights* movement;  // nullptr: not accumulated
};

class Pruner {
  public:
    /// `seed` of the replicate: data order of signals, random scores. All outlive the pruner.
    Pruner(const Recipe& recipe, const Graph& graph, const data::Dataset& dataset, std::uint64_t seed)
        : recipe_(recipe), graph_(graph), dataset_(dataset), seed_(seed) {}

    /// Cuts to `target`; in prune.score_rounds steps, each with signals of what the one before left.
    /// `occasion` ("level 3") keeps random streams apart.
    prune::MaskSet cut(const PruneInput& input, const prune::Target& target, const std::string& occasion);

    /// Cuts by the rounds `first` to `last` of the recipe with nothing trained in between and scores taken
    /// once: to the same counts as round by round.
    prune::MaskSet cut_rounds(const PruneInput& input, int first, int last);
    /// Cuts on to `progress` of the way from all to `goal`, in every layer: of what goal has gone there, the
    /// share `progress` is gone. What is gone already stays so.
    prune::MaskSet cut_towards(const PruneInput& input, const prune::MaskSet& goal, double progress,
                               const std::string& occasion);
    /// One move of dynamic sparse training.
    prune::MaskSet regrow(const PruneInput& input, const prune::Action& action, const std::string& occasion);

    /// What the library had to say since the beginning, such as layers that hit their floor.
    const std::vector<std::string>& notes() const { return notes_; }
    void note(const std::string& text) { notes_.push_back(text); }
    /// Those that an interrupted stage had, in place of what is known so far.
    void set_notes(std::vector<std::string> notes) { notes_ = std::move(notes); }

    /// As many coupled units of each group at random as these masks have gone.
    prune::MaskSet random_units(const prune::MaskSet& masks, const std::string& occasion);

  private:
    prune::MaskSet cut_whole_units(const PruneInput& input, const prune::Target& target,
                                   const std::string& occasion);
    const AxisGroups& groups();
    /// What criteria read of `weights`.
    train::Signals signals_of(const PruneInput& input, const Weights& weights) const;
    train::Signals signals_of(const PruneInput& input, const Weights& weights,
                              const prune::Criterion& criterion, std::uint64_t seed) const;

    const Recipe& recipe_;
    const Graph& graph_;
    const data::Dataset& dataset_;
    std::uint64_t seed_;
    std::optional<AxisGroups> groups_;  // found when units are cut
    std::vector<std::string> notes_;
};

}  // namespace espalier::lottery
