// One stage: where it starts, its training, what it leaves behind.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/lottery.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "espalier/prune.h"
#include "espalier/safetensors.h"
#include "espalier/surgery.h"
#include "lottery/control.h"
#include "lottery/prune_request.h"
#include "lottery/retraining.h"
#include "lottery/ticket_file.h"
#include "train/signals.h"
#include "train/trainer.h"

namespace espalier::lottery {
namespace {

constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kMasks = "masks.safetensors";
constexpr const char* kRewind = "rewind.safetensors";
constexpr const char* kInitial = "initial.safetensors";

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
          graph_(network(seed_)) {}

    void run(const StageProgress& progress) {
        Start start = starting_point();
        const bool is_dense = stage_.level == 0;
        train::Job job{
            .graph = graph_,
            .dataset = dataset_,
            .recipe = recipe_,
            .weights = std::move(start.weights),
            .masks = is_dense ? nullptr : &start.masks,
            .seed = seed_,
            .first_step = stage_.first_step,
            .last_step = stage_.last_step,
            .snapshots = is_dense ? std::set<std::int64_t>{0, rewind_step()} : std::set<std::int64_t>{},
            .threads = 1,
            .on_progress = {}};
        if (progress) {
            job.on_progress = [&](const train::Progress& p) {
                progress(p.step, p.last_step, p.validation_accuracy);
            };
        }
        train::Outcome outcome = train::run(job);
        save(outcome, start.masks);
        run_.add(record(outcome, start.masks));
    }

  private:
    Graph network(std::uint64_t seed) const {
        return models::build(
            recipe_.model.network,
            {.example_shape = dataset_.example_shape(), .classes = dataset_.classes, .seed = seed});
    }

    std::int64_t rewind_step() const {
        const std::int64_t epoch = data::steps_per_epoch(dataset_.train.count(), recipe_.train.batch_size);
        return retraining()
            .get(recipe_.retrain.mode)
            .steps(recipe_.retrain.to.steps(epoch), stage_.last_step)
            .weights;
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
    Weights weights_at_rewind() const { return read_safetensors(file(dense(), kRewind)).tensors; }

    Start starting_point() {
        if (stage_.level == 0) return {.weights = graph_.initializers, .masks = surgery::all_kept(graph_)};
        if (stage_.arm == "ticket") return {.weights = weights_at_rewind(), .masks = prune_parent()};
        const prune::MaskSet masks = prune::load_masks(file(ancestor(stage_), kMasks));
        const Weights rewound = weights_at_rewind();
        return controls()
            .get(stage_.arm)
            .start({.masks = masks,
                    .rewound = rewound,
                    .level = stage_.level,
                    .seed = seed_,
                    .initialize =
                        [](const void* self, std::uint64_t seed) {
                            return static_cast<const StageRunner*>(self)->network(seed).initializers;
                        },
                    .context = this});
    }

    /// The masks of this level: the end of the level before, cut once more.
    prune::MaskSet prune_parent() {
        const Weights trained = read_safetensors(file(ancestor(stage_), kWeights)).tensors;
        const Weights initial = read_safetensors(file(dense(), kInitial)).tensors;
        const prune::MaskSet current = prune::load_masks(file(ancestor(stage_), kMasks));
        auto candidates = surgery::candidates(graph_, trained);
        const train::Signals signals =
            train::Signals::collect({.graph = graph_,
                                     .weights = trained,
                                     .dataset = &dataset_,
                                     .recipe = recipe_,
                                     .needs = prune::signals_needed(recipe_.prune.criterion),
                                     .batches = recipe_.prune.signal_batches,
                                     .seed = seed_,
                                     .initial = &initial});
        signals.attach(candidates);
        const std::uint64_t seed = hash_u64(fmt::format("prune/level {}", stage_.level), seed_);
        prune::Plan plan = prune::plan(prune_request(recipe_, std::move(candidates), current, seed));
        for (std::size_t i = 0; i < plan.notes.size(); ++i) {
            run_.set_fact(fmt::format("note {}.{}.{}", stage_.replicate, stage_.level, i), plan.notes[i]);
        }
        return std::move(plan.masks);
    }

    void save(const train::Outcome& outcome, const prune::MaskSet& masks) const {
        const auto folder = run_.stage_folder(stage_.hash);
        remove_half_written(folder);
        if (stage_.level == 0) {
            write_safetensors(folder / kInitial, outcome.snapshots.at(0));
            write_safetensors(folder / kRewind, outcome.snapshots.at(rewind_step()));
        }
        write_safetensors(folder / kWeights, outcome.weights);
        prune::save(folder / kMasks, masks);
        if (stage_.arm == "ticket") {
            make_folder(run_.folder() / "tickets");
            onnx::write(run_.ticket_path(stage_.level, stage_.replicate),
                        ticket_graph(graph_, outcome.weights, dataset_, stage_));
        }
    }

    store::Stage record(train::Outcome& outcome, const prune::MaskSet& masks) const {
        store::Stage stage;
        stage.hash = stage_.hash;
        stage.parent = stage_.parent < 0 ? "" : ancestor(stage_).hash;
        stage.arm = stage_.arm;
        stage.level = stage_.level;
        stage.replicate = stage_.replicate;
        for (const PrunableWeight& weight : prunable(graph_)) {
            const prune::Mask& mask = masks.at(weight.name);
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
};

}  // namespace

void run_stage(const std::vector<StageSpec>& stages, std::size_t index, const Recipe& recipe,
               const data::Dataset& dataset, store::Run& run, const StageProgress& progress) {
    StageRunner(stages, index, recipe, dataset, run).run(progress);
}

}  // namespace espalier::lottery
