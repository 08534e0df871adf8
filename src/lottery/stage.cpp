// One stage: where it starts, its training, what it leaves behind.
#include <fmt/format.h>

#include <filesystem>

#include "base/files.h"
#include "espalier/onnx.h"
#include "espalier/prune.h"
#include "espalier/safetensors.h"
#include "lottery/metrics.h"
#include "lottery/stability.h"
#include "lottery/stage_events.h"
#include "lottery/stage_files.h"
#include "lottery/stage_training.h"
#include "lottery/starting_point.h"
#include "lottery/ticket_file.h"

namespace espalier::lottery {
namespace {

void save_ticket(const StageContext& context, const Weights& weights, const store::Run& run) {
    const StageSpec& stage = context.stage();
    make_folder(run.folder() / "tickets");
    onnx::write(run.ticket_path(stage.level(), stage.replicate),
                ticket_graph(context.graph(), weights, context.dataset(), stage));
}

void save(StageContext& context, const train::Outcome& outcome, store::Run& run) {
    const StageSpec& stage = context.stage();
    remove_half_written(run.stage_folder(stage.hash));
    for (const auto& [step, weights] : outcome.snapshots)
        write_safetensors(context.file(stage, step_file(step)), weights);
    write_safetensors(context.file(stage, kWeights), outcome.weights);
    prune::save(context.file(stage, kMasks), outcome.masks);
    if (stage.keeps_movement) write_safetensors(context.file(stage, kMovement), outcome.movement);
    const std::vector<std::string>& notes = context.pruner().notes();
    for (std::size_t i = 0; i < notes.size(); ++i) {
        run.set_fact(fmt::format("note {}.{}.{}.{}", stage.arm(), stage.replicate, stage.level(), i),
                     notes[i]);
    }
    if (stage.arm() == "ticket") save_ticket(context, outcome.weights, run);
}

store::Stage record(const StageContext& context, const train::Outcome& outcome) {
    const StageSpec& spec = context.stage();
    store::Stage stage;
    stage.hash = spec.hash;
    stage.parent = spec.parent < 0 ? "" : context.stage(spec.parent).hash;
    stage.replicate = spec.replicate;
    for (const PrunableWeight& weight : prunable(context.graph())) {
        const prune::Mask& mask = outcome.masks.at(weight.name);
        stage.layers.push_back({weight.name, mask.kept(), mask.count(), weight.macs_per_weight});
    }
    stage.first_step = spec.first_step;
    stage.last_step = spec.last_step;
    stage.best_step = outcome.best_step;
    stage.best_validation_loss = outcome.best_validation.loss;
    stage.best_validation_accuracy = outcome.best_validation.accuracy;
    stage.best_test_accuracy = outcome.best_test.accuracy;
    stage.validation_accuracy = outcome.validation.accuracy;
    stage.validation_loss = outcome.validation.loss;
    stage.test_accuracy = outcome.test.accuracy;
    stage.test_loss = outcome.test.loss;
    stage.train_accuracy = outcome.train.accuracy;
    stage.train_loss = outcome.train.loss;
    stage.seconds = outcome.seconds;
    stage.curve = outcome.curve;
    stage.metrics = metrics_of(context, outcome.weights);
    return stage;
}

void train_and_record(StageContext& context, store::Run& run, const StageOptions& options) {
    const StageSpec& spec = context.stage();
    Ticket ticket(context);
    StageEvents events(run.folder(), spec);
    StageTraining training{.start = starting_point(context),
                           .first_step = spec.first_step,
                           .last_step = spec.last_step,
                           .order_seed = context.seed(),
                           .checkpoint = remembers(context) ? "" : kCheckpoint,
                           .reprune = changes_on_the_way(context, ticket),
                           .on_evaluation = [&](const store::Evaluation& at) { events.add(at); }};
    train::Outcome outcome = train_stage(context, training, options);
    if (spec.is_dense()) outcome.masks = std::move(training.start.masks);
    save(context, outcome, run);
    store::Stage stage = record(context, outcome);
    for (const Place& place : spec.places) {
        stage.arm = place.arm;
        stage.level = place.level;
        run.add(stage);
    }
    std::filesystem::remove(context.file(spec, kCheckpoint));
}

}  // namespace

void run_stage(const std::vector<StageSpec>& stages, std::size_t index, const Recipe& recipe,
               const data::Dataset& dataset, store::Run& run, const StageOptions& options) {
    StageContext context(stages, index, recipe, dataset, run);
    if (stages[index].kind == StageSpec::Kind::stability) {
        run.add(measure_stability(context, options));
    } else {
        train_and_record(context, run, options);
    }
}

}  // namespace espalier::lottery
