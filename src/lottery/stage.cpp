// One stage: where it starts, its training, what it leaves behind.
#include <fmt/format.h>

#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/lottery.h"
#include "espalier/onnx.h"
#include "espalier/prune.h"
#include "espalier/safetensors.h"
#include "espalier/surgery.h"
#include "lottery/control.h"
#include "lottery/prune_request.h"
#include "lottery/pruner.h"
#include "lottery/retraining.h"
#include "lottery/stage_events.h"
#include "lottery/stage_files.h"
#include "lottery/ticket_file.h"
#include "train/trainer.h"

namespace espalier::lottery {
namespace {

/// One stage at work.
class StageRunner {
  public:
    StageRunner(const std::vector<StageSpec>& stages, std::size_t index, const Recipe& recipe,
                const data::Dataset& dataset, store::Run& run)
        : stages_(stages),
          stage_(stages[index]),
          recipe_(recipe),
          dataset_(dataset),
          run_(run),
          seed_(replicate_seed(recipe, stage_.replicate)),
          graph_(network(recipe, dataset, seed_)),
          pruner_(recipe, graph_, dataset, seed_),
          training_(recipe) {
        const bool is_retraining = stage_.level > 0 && recipe.prune.schedule == "after-training";
        if (is_retraining && recipe.retrain.learning_rate > 0)
            training_.train.optimizer.learning_rate = recipe.retrain.learning_rate;
    }

    void run(const StageOptions& options) {
        Start start = starting_point();
        const double dropout = recipe_.regularize.dropout;
        const Graph trained = dropout > 0 ? surgery::with_dropout(graph_, dropout, start.masks) : graph_;
        train::Job job{
            .graph = trained,
            .dataset = dataset_,
            .recipe = training_,
            .weights = std::move(start.weights),
            .masks = is_dense() ? nullptr : &start.masks,
            .seed = seed_,
            .first_step = stage_.first_step,
            .last_step = stage_.last_step,
            .snapshots = snapshots(),
            .statistics_batches = is_dense() || is_scheduled() ? 0 : recipe_.retrain.batch_norm_batches,
            .movement = needs_movement(),
            .threads = 1,
            .checkpoint = train::CheckpointFile{.path = file(stage_, kCheckpoint),
                                                .key = stage_.hash,
                                                .seconds = options.checkpoint_seconds}};
        Graph teacher;
        if (!recipe_.train.teacher.empty()) {
            teacher = onnx::read(recipe_.train.teacher);
            job.teacher = &teacher;
        }
        if (is_scheduled()) job.reprune = schedule();
        if (options.on_progress) {
            job.on_progress = [&](const train::Progress& at) {
                options.on_progress({.step = at.step,
                                     .last_step = at.last_step,
                                     .loss = at.loss,
                                     .validation_accuracy = at.validation_accuracy,
                                     .examples_per_second = at.examples_per_second});
            };
        }
        StageEvents events(run_.folder(), stage_);
        job.on_evaluation = [&](const store::Evaluation& at) { events.add(at); };
        train::Outcome outcome = train::run(job);
        if (is_dense()) outcome.masks = std::move(start.masks);
        save(outcome);
        run_.add(record(outcome));
        std::filesystem::remove(file(stage_, kCheckpoint));
    }

  private:
    std::int64_t steps_per_epoch() const {
        return data::steps_per_epoch(dataset_.train.count(), recipe_.train.batch_size);
    }
    RetrainingPlan retrain(int level) const {
        return retraining()
            .get(recipe_.retrain.mode)
            .plan(retraining_lengths(recipe_, steps_per_epoch()), level);
    }
    std::int64_t rewind_step() const { return retrain(1).step; }
    /// The step whose weights the next level cuts.
    std::int64_t prune_step() const {
        const std::int64_t at = recipe_.prune.at.steps(steps_per_epoch());
        return at > 0 ? at : stage_.last_step;
    }
    std::set<std::int64_t> snapshots() const {
        std::set<std::int64_t> steps;
        if (is_dense()) steps = {0, rewind_step()};
        if (stage_.arm == "ticket" && prune_step() != stage_.last_step) steps.insert(prune_step());
        return steps;
    }

    const StageSpec& ancestor(const StageSpec& stage) const {
        return stages_[static_cast<std::size_t>(stage.parent)];
    }
    std::filesystem::path file(const StageSpec& stage, const char* name) const {
        return run_.stage_folder(stage.hash) / name;
    }
    const StageSpec& dense() const {
        const StageSpec* stage = &stage_;
        while (stage->parent >= 0) stage = &ancestor(*stage);
        return *stage;
    }
    Weights read(const StageSpec& stage, const char* name) const {
        return read_safetensors(file(stage, name)).tensors;
    }
    /// What the level after `stage` cuts.
    Weights pruned_of(const StageSpec& stage) const {
        return read(stage, recipe_.prune.at == Length{} ? kWeights : kPruning);
    }

    bool is_dense() const { return stage_.level == 0; }
    /// The ticket is cut while it is trained, rather than after the level before.
    bool is_scheduled() const {
        return !is_dense() && stage_.arm == "ticket" && recipe_.prune.schedule != "after-training";
    }
    bool needs_movement() const {
        return stage_.arm == "ticket" && reads(recipe_, prune::Signal::movement);  // controls are not cut
    }

    Start starting_point() {
        if (is_dense()) return {.weights = graph_.initializers, .masks = surgery::all_kept(graph_)};
        if (is_scheduled()) return {.weights = initial(), .masks = surgery::all_kept(graph_)};
        if (stage_.arm == "ticket") return {.weights = survivors(ancestor(stage_)), .masks = prune_parent()};
        const prune::MaskSet masks = prune::load_masks(file(ancestor(stage_), kMasks));
        // Under another mask than its own a ticket's trained weights have zeros, the dense network's have
        // not.
        const Weights rewound = survivors(dense());
        return controls()
            .get(stage_.arm)
            .start({.masks = masks,
                    .rewound = rewound,
                    .level = stage_.level,
                    .seed = seed_,
                    .initialize =
                        [](const void* self, std::uint64_t seed) {
                            const auto* stage = static_cast<const StageRunner*>(self);
                            return network(stage->recipe_, stage->dataset_, seed).initializers;
                        },
                    .context = this});
    }

    Weights initial() const { return read(dense(), kInitial); }

    /// The values that a level starts from which is cut from `before`.
    Weights survivors(const StageSpec& before) const {
        const RetrainingPlan plan = retrain(stage_.level);
        switch (plan.survivors) {
            case RetrainingPlan::Survivors::rewound:
                return read(dense(), kRewind);
            case RetrainingPlan::Survivors::as_pruned:
                return pruned_of(before);
            case RetrainingPlan::Survivors::fresh:
                return network(recipe_, dataset_,
                               hash_u64(fmt::format("retrain/level {}", stage_.level), seed_))
                    .initializers;
        }
        throw InternalError("a kind of survivors without weights");
    }

    /// The masks of this level: the end of the level before, cut once more.
    prune::MaskSet prune_parent() {
        const Weights trained = pruned_of(ancestor(stage_));
        const prune::MaskSet current = prune::load_masks(file(ancestor(stage_), kMasks));
        const Weights at_start = initial();
        Weights movement;
        if (needs_movement()) movement = read(ancestor(stage_), kMovement);
        return pruner_.cut({.weights = trained,
                            .masks = current,
                            .initial = at_start,
                            .movement = needs_movement() ? &movement : nullptr},
                           round_goal(recipe_, stage_.level), fmt::format("level {}", stage_.level));
    }

    using Reprune = decltype(train::Job::reprune);

    /// What the schedule does after each step. Steps without anything to do cost nothing.
    Reprune schedule() {
        return [this, settings = schedule_settings(recipe_, stage_.last_step, steps_per_epoch()),
                at_start = initial()](
                   std::int64_t step,
                   const std::function<train::TrainingState()>& look) -> std::optional<prune::MaskSet> {
            const prune::Action action = prune::action_at(settings, step);
            if (action.kind == prune::Action::Kind::none) return {};
            const train::TrainingState state = look();
            const Specimen specimen{.weights = state.weights,
                                    .masks = state.masks,
                                    .initial = at_start,
                                    .movement = needs_movement() ? &state.movement : nullptr};
            const std::string occasion = fmt::format("step {}", step);
            if (action.kind == prune::Action::Kind::regrow) return pruner_.regrow(specimen, action, occasion);
            const bool before = recipe_.prune.schedule == "before-training";
            return pruner_.cut(specimen,
                               before ? round_goal(recipe_, 1) : prune::Target{.sparsity = action.sparsity},
                               occasion);
        };
    }

    void save(const train::Outcome& outcome) {
        const auto folder = run_.stage_folder(stage_.hash);
        remove_half_written(folder);
        if (stage_.level == 0) {
            write_safetensors(folder / kInitial, outcome.snapshots.at(0));
            write_safetensors(folder / kRewind, outcome.snapshots.at(rewind_step()));
        }
        if (outcome.snapshots.contains(prune_step()) && recipe_.prune.at != Length{})
            write_safetensors(folder / kPruning, outcome.snapshots.at(prune_step()));
        write_safetensors(folder / kWeights, outcome.weights);
        prune::save(folder / kMasks, outcome.masks);
        if (needs_movement()) write_safetensors(folder / kMovement, outcome.movement);
        for (std::size_t i = 0; i < pruner_.notes().size(); ++i) {
            run_.set_fact(fmt::format("note {}.{}.{}", stage_.replicate, stage_.level, i),
                          pruner_.notes()[i]);
        }
        if (stage_.arm == "ticket") {
            make_folder(run_.folder() / "tickets");
            onnx::write(run_.ticket_path(stage_.level, stage_.replicate),
                        ticket_graph(graph_, outcome.weights, dataset_, stage_));
        }
    }

    store::Stage record(train::Outcome& outcome) const {
        store::Stage stage;
        stage.hash = stage_.hash;
        stage.parent = stage_.parent < 0 ? "" : ancestor(stage_).hash;
        stage.arm = stage_.arm;
        stage.level = stage_.level;
        stage.replicate = stage_.replicate;
        for (const PrunableWeight& weight : prunable(graph_)) {
            const prune::Mask& mask = outcome.masks.at(weight.name);
            stage.layers.push_back({weight.name, mask.kept(), mask.count(), weight.macs_per_weight});
        }
        stage.first_step = stage_.first_step;
        stage.last_step = stage_.last_step;
        stage.best_step = outcome.best_step;
        stage.best_validation_loss = outcome.best_validation.loss;
        stage.best_validation_accuracy = outcome.best_validation.accuracy;
        stage.best_test_accuracy = outcome.best_test.accuracy;
        stage.validation_accuracy = outcome.validation.accuracy;
        stage.validation_loss = outcome.validation.loss;
        stage.test_accuracy = outcome.test.accuracy;
        stage.test_loss = outcome.test.loss;
        stage.seconds = outcome.seconds;
        stage.curve = std::move(outcome.curve);
        return stage;
    }

    const std::vector<StageSpec>& stages_;
    const StageSpec& stage_;
    const Recipe& recipe_;
    const data::Dataset& dataset_;
    store::Run& run_;
    std::uint64_t seed_;
    Graph graph_;
    Pruner pruner_;
    Recipe training_;  // the recipe with this stage's learning rate
};

}  // namespace

void run_stage(const std::vector<StageSpec>& stages, std::size_t index, const Recipe& recipe,
               const data::Dataset& dataset, store::Run& run, const StageOptions& options) {
    StageRunner(stages, index, recipe, dataset, run).run(options);
}

}  // namespace espalier::lottery
