// Trains one network from one step to another: batches, loss, masks, optimiser, evaluation, snapshots.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/mask.h"
#include "espalier/recipe.h"
#include "espalier/store.h"
#include "prune/scheduling/latent.h"

namespace espalier::train {

class Ranks;

/// Latents are trained in the place of some weights (prune/scheduling/latent.h).
struct LatentTraining {
    const prune::Latent& kind;
    std::map<std::string, prune::LatentBudget> budgets;  // of these weights
    std::int64_t every = 1;                              // steps between two choices of what is kept
    std::uint64_t seed = 1;                              // of what begins, and goes, by chance
};

struct Progress {
    std::int64_t step = 0;
    std::int64_t last_step = 0;
    double loss = 0;                 // of the batch
    double validation_score = 0;     // of the last evaluation
    double examples_per_second = 0;  // trained, since the report before, evaluations included
};

/// What a schedule that prunes during training may look at: the state after `step` updates.
struct TrainingState {
    std::int64_t step = 0;
    const Weights& weights;
    const prune::MaskSet& masks;
    const Weights& movement;  // empty unless Job::movement
};

/// Where a training in progress is kept.
struct CheckpointFile {
    std::filesystem::path path;
    std::string key;      // of this training: a file with another one is refused
    double seconds = 30;  // between writes; 0: after every step
    /// What the caller has gathered by then, kept with the training, and given back when that goes on.
    std::function<std::string()> memo = {};
    std::function<void(const std::string&)> recall = {};
};

struct Job {
    const Graph& graph;
    const data::Dataset& dataset;
    const Recipe& recipe;  // [train], [regularize], evaluate_every, data.flip and data.crop
    Weights weights;       // at `first_step`; pruned ones are set to zero
    const prune::MaskSet* masks = nullptr;
    /// What masks prune as whole coupled units is taken out of the network that trains: fewer channels,
    /// shorter steps, the same outputs. Weights, masks and movement keep the shapes of `graph`, with zeros
    /// there.
    bool remove = false;
    std::uint64_t seed = 1;  // of the data order and of augmentation
    std::int64_t first_step = 0;
    std::int64_t last_step = 0;
    std::set<std::int64_t> snapshots = {};  // steps whose weights are wanted, first_step..last_step
    /// Called after every step, the first before any, with new masks where the schedule has some; needs
    /// `masks`. A weight that grows back starts at 0, its optimiser state too.
    std::function<std::optional<prune::MaskSet>(std::int64_t step,
                                                const std::function<TrainingState()>& state)>
        reprune = {};
    /// Latents in the place of the weights that it names, which are `weights` at step 0; not with `reprune`
    /// and `remove`. Needs `masks` that keep everything.
    std::optional<LatentTraining> latents = {};
    /// Training passes without updates before the first step, from whose batches the running statistics of
    /// batch normalisation are taken anew; for weights that stand under a new mask.
    std::int64_t statistics_batches = 0;
    const Graph* teacher = nullptr;  // for losses that need one
    bool movement = false;           // accumulate -w * g of every step (Sanh et al. 2020)
    int threads = 1;
    /// The others that run this same job, each with its share of train.shards; the first alone writes
    /// checkpoints, and what interrupts one ends all after the same step. nullptr: nobody else.
    Ranks* ranks = nullptr;
    /// If the file is there, training goes on from it, to the same bytes as without a break. It is written
    /// at safe points while training, and when on_progress interrupts; the caller removes it.
    std::optional<CheckpointFile> checkpoint = {};
    /// Called for every point of the curve; for a training that goes on, with the points before first.
    std::function<void(const store::Evaluation&)> on_evaluation = {};
    /// Called about ten times a second. May throw Interrupted to stop.
    std::function<void(const Progress&)> on_progress = {};
};

struct Evaluated {
    double loss = 0;
    double score = 0;  // top-1 accuracy of classes, R2 of numbers (train/judging/metric.h): greater is better
};

struct Outcome {
    Weights weights;                            // at last_step
    std::map<std::int64_t, Weights> snapshots;  // weights after that many steps
    std::vector<store::Evaluation> curve;       // at first_step, every evaluate_every steps, at last_step
    prune::MaskSet masks;                       // at last_step; empty if the job has none
    prune::MaskSet explored;                    // if there is a `reprune`: what was kept in one step or more
    Weights movement;                           // if asked for
    std::int64_t best_step = 0;  // of least validation loss under these masks; the earliest of equals
    Evaluated best_validation, best_test;  // of the weights at best_step
    Evaluated validation, test;            // of the weights at last_step
    Evaluated train;                       // likewise, on as many training examples as there are for testing
    double seconds = 0;
};

/// Throws InvalidArgument for settings that do not fit, BadData for a checkpoint that does not, Error when
/// the loss stops being finite, naming the step, the layer and the last checkpoint. The test set is evaluated
/// for the result only; it never selects anything.
Outcome run(const Job& job);

/// `weights` with the running statistics of batch normalisation taken anew from `batches` batches of the
/// training set.
Weights with_statistics(const Graph& graph, const Weights& weights, const data::Dataset& dataset,
                        const Recipe& recipe, std::int64_t batches, std::uint64_t seed);

/// Loss and score of `weights` on `examples`; nothing is trained.
Evaluated evaluate(const Graph& graph, const Weights& weights, const data::Examples& examples,
                   const data::Normalization& normalization, const Recipe& recipe, int threads);

/// An output of the network, "" the first, [n, ...] for every example, in stored order.
Tensor predict(const Graph& graph, const Weights& weights, const data::Examples& examples,
               const data::Normalization& normalization, int threads, const std::string& output = "");

}  // namespace espalier::train
