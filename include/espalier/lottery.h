// Lottery-ticket experiments: iterative pruning with rewinding, its controls, its replicates.
//
// An experiment is a graph of stages. A stage is one training of one network; it is named by a hash of
// everything that determines it, so a stage that is already in the run is not done again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/recipe.h"
#include "espalier/store.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::train {
class Ranks;
}

namespace espalier::lottery {

/// Where a result is shown. Arms that go the same way share stages: one result, several places.
struct Place {
    std::string arm;
    int level = 0;  // rounds of pruning before it; 0 is the dense network
    bool operator==(const Place&) const = default;
};

struct StageSpec {
    enum class Kind : std::uint8_t {
        search,    // a level of the ticket or of another arm; level 0 is dense
        control,   // what a ticket is compared with
        stability  // two copies of a ticket from one early step
    } kind = Kind::search;
    std::string hash = {};           // of everything that determines it
    std::vector<Place> places = {};  // at least one
    int replicate = 0;
    int recipe = 0;       // 0: the recipe itself; i + 1: its arm i
    int parent = -1;      // index of the stage whose end is cut, or whose mask a control or stability takes
    int dense = -1;       // index of the dense network behind it; of itself if it is one
    int other = -1;       // index of another stage it needs, or -1
    int first_round = 0;  // rounds of pruning between the parent and this
    std::int64_t first_step = 0;
    std::int64_t last_step = 0;
    std::set<std::int64_t> snapshots = {};  // steps whose weights are kept for others
    bool keeps_movement = false;            // accumulated for a cut of this

    const std::string& arm() const { return places.front().arm; }
    int level() const { return places.front().level; }
    bool is_dense() const { return kind == Kind::search && level() == 0; }
};

/// The recipe that a stage goes by.
const Recipe& recipe_of(const Recipe& recipe, const StageSpec& stage);

/// Throws BadRecipe, pointing at the line, for the name of a network, data set, optimiser, criterion, ...
/// that is not known.
void check_names(const Recipe& recipe);

/// Prunes the untrained network as the recipe says, with made-up signals, and throws what that throws as
/// BadRecipe: what cannot work fails before anything is trained. Gives what is worth saying of the network, a
/// line each: that it is trained on what its last node is made from, and the like.
std::vector<std::string> rehearse(const Recipe& recipe, const data::Dataset& dataset);

/// All stages, parents before children. Throws BadRecipe for a name that is not known, a rewind step beyond
/// the end of training or a control at a level that is not there.
std::vector<StageSpec> plan(const Recipe& recipe, const data::Dataset& dataset);

struct StageProgress {
    std::int64_t step = 0;
    std::int64_t last_step = 0;
    double loss = 0;  // of the last batch
    double validation_accuracy = 0;
    double examples_per_second = 0;
};

struct StageOptions {
    /// Called about ten times a second; may throw Interrupted: the stage then leaves a checkpoint.
    std::function<void(const StageProgress&)> on_progress = {};
    double checkpoint_seconds = 30;  // between checkpoints; 0: after every step
    /// Processes that run this stage together (train/ranks/ranks.h), of which the first writes all that the
    /// stage leaves; nullptr: this one alone.
    train::Ranks* ranks = nullptr;
};

/// Trains one stage from the files of its parents and leaves its own: initial, rewind, weights and masks as
/// safetensors, a ticket's ONNX file, then the record in the store. Goes on from a checkpoint that an earlier
/// call left behind. Of a stage that is in the run only what is missing is made: nothing, a ticket's file,
/// metrics or places that the recipe did not have before, or all of it where a tensor is gone.
void run_stage(const std::vector<StageSpec>& stages, std::size_t index, const Recipe& recipe,
               const data::Dataset& dataset, store::Run& run, const StageOptions& options = {});

/// The network of a recipe with the weights that the experiment begins with: initial ones of this seed, or
/// those of model.onnx. Throws BadRecipe if that file does not fit the data.
Graph network(const Recipe& recipe, const data::Dataset& dataset, std::uint64_t seed);
/// Initial weights of this seed, for model.onnx too.
Weights fresh_weights(const Recipe& recipe, const data::Dataset& dataset, std::uint64_t seed);
/// "lenet-300-100", or the name of the ONNX file.
std::string network_name(const Recipe& recipe);

/// Seed of everything random in one replicate.
std::uint64_t replicate_seed(const Recipe& recipe, int replicate);

/// The source that [data] of a recipe describes.
data::Source source_of(const Recipe& recipe);

}  // namespace espalier::lottery

#pragma GCC visibility pop
