// [prune] of a recipe as the library's requests.
#pragma once

#include "espalier/graph.h"
#include "espalier/prune.h"
#include "espalier/recipe.h"

namespace espalier::lottery {

/// The weights that may be cut: all prunable ones and prune.include, but prune.keep.
std::vector<prune::Candidate> candidates_of(const Recipe& recipe, const Graph& graph, const Weights& weights);

/// What round `round` (from 1) is to reach.
prune::Target round_goal(const Recipe& recipe, std::int64_t round);

/// `steps` of the whole training, with `steps_per_epoch` for lengths in epochs.
prune::ScheduleSettings schedule_settings(const Recipe& recipe, std::int64_t steps,
                                          std::int64_t steps_per_epoch);

/// True if the granularity says itself how much goes, as 2:4 does, so that there is no target.
bool is_pattern(const Recipe& recipe);

/// True if the criterion of the recipe reads this signal.
bool reads(const Recipe& recipe, std::string_view signal);
/// Whether what the schedule cuts is trained again afterwards; else it cuts within one training.
bool retrains(const Recipe& recipe);

/// True if the criterion scores what training has done to a weight: its movement, or how much it grew.
bool reads_training(const Recipe& recipe);

/// When the recipe cuts a network that it has not trained: "before training", "with prune.begin = "0it"",
/// ...;
/// "" if it never does.
std::string untrained_cut(const Recipe& recipe);

/// The output layer has prune.output_layer_rate as a rate of its own in scope layer-wise. `current` outlives
/// the request. Reads the file of the sensitivity table where the scope needs it.
prune::Request prune_request(const Recipe& recipe, const Graph& graph,
                             std::vector<prune::Candidate> candidates, const prune::MaskSet& current,
                             const prune::Target& target, std::uint64_t seed);

}  // namespace espalier::lottery
