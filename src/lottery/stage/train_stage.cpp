#include "lottery/stage/train_stage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "espalier/onnx.h"
#include "espalier/surgery.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/stage/stage_files.h"

namespace espalier::lottery {
namespace {

/// The recipe with the learning rate of a retraining.
Recipe training_recipe(const StageContext& context) {
    Recipe recipe = context.recipe();
    const bool is_retraining = !context.stage().is_dense() && retrains(recipe);
    if (is_retraining && recipe.retrain.learning_rate > 0)
        recipe.train.optimizer.learning_rate = recipe.retrain.learning_rate;
    return recipe;
}

/// Statistics of batch normalisation are those of another mask, unless nothing or a schedule cuts.
std::int64_t statistics_batches(const StageContext& context, const StageTraining& training) {
    const bool stays = context.stage().is_dense() || training.reprune != nullptr || training.latents;
    return stays ? 0 : context.recipe().retrain.batch_norm_batches;
}

/// The network before it was pruned is the dense one at the end of its training; while an imported one
/// trains dense, as it came.
Graph teacher_of(const StageContext& context) {
    if (context.recipe().train.teacher != "itself")
        return surgery::with_open_batch(onnx::read(context.recipe().train.teacher));
    Graph graph = context.graph();
    if (context.stage().is_dense()) return graph;
    for (auto& [name, weight] : context.read(context.stage().dense, kWeights))
        graph.initializers.at(name) = weight;
    return graph;
}

/// A built-in network begins with random weights, which have nothing to teach the dense one.
bool learns_alone(const StageContext& context) {
    const Recipe& recipe = context.recipe();
    return recipe.train.teacher == "itself" && recipe.model.onnx.empty() && context.stage().is_dense();
}

std::string joined(const std::vector<std::string>& lines) {
    return fmt::format("{}", fmt::join(lines, "\n"));
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

}  // namespace

train::Outcome train_stage(StageContext& context, const StageTraining& training,
                           const StageOptions& options) {
    const StageSpec& stage = context.stage();
    Recipe recipe = training_recipe(context);
    if (learns_alone(context)) {
        recipe.train.loss = "cross-entropy";  // what distillation is without a teacher
        recipe.train.teacher.clear();
    }
    const double dropout = recipe.regularize.dropout;
    const Graph graph =
        dropout > 0 ? surgery::with_dropout(context.graph(), dropout, training.start.masks) : context.graph();
    train::Job job{.graph = graph,
                   .dataset = context.dataset(),
                   .recipe = recipe,
                   .weights = training.start.weights,
                   .masks = stage.is_dense() ? nullptr : &training.start.masks,
                   .remove = recipe.prune.remove,
                   .seed = training.order_seed,
                   .first_step = training.first_step,
                   .last_step = training.last_step,
                   .snapshots = stage.snapshots,
                   .reprune = training.reprune,
                   .latents = training.latents,
                   .statistics_batches = statistics_batches(context, training),
                   .movement = stage.keeps_movement || (training.reprune && context.reads("movement")),
                   .threads = 1,
                   .ranks = options.ranks,
                   .on_evaluation = training.on_evaluation};
    std::erase_if(job.snapshots,
                  [&](std::int64_t step) { return step < job.first_step || step > job.last_step; });
    if (!training.checkpoint.empty()) {
        job.checkpoint = train::CheckpointFile{
            .path = context.file(stage, training.checkpoint),
            .key = stage.hash,
            .seconds = options.checkpoint_seconds,
            .memo = [&] { return joined(context.pruner().notes()); },
            .recall = [&](const std::string& memo) { context.pruner().set_notes(lines_of(memo)); }};
    }
    Graph teacher;
    if (!recipe.train.teacher.empty()) {
        teacher = teacher_of(context);
        job.teacher = &teacher;
    }
    if (options.on_progress) {
        job.on_progress = [&](const train::Progress& at) {
            options.on_progress({.step = at.step,
                                 .last_step = stage.last_step,
                                 .loss = at.loss,
                                 .validation_accuracy = at.validation_score,
                                 .examples_per_second = at.examples_per_second});
        };
    }
    return train::run(job);
}

}  // namespace espalier::lottery
