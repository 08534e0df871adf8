// One stage: where it starts, its training, what it leaves behind.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/files.h"
#include "espalier/onnx.h"
#include "espalier/prune.h"
#include "espalier/safetensors.h"
#include "lottery/plan/missing.h"
#include "lottery/stage/export.h"
#include "lottery/stage/metrics.h"
#include "lottery/stage/stability.h"
#include "lottery/stage/stage_files.h"
#include "lottery/stage/starting_point.h"
#include "lottery/stage/tensorboard_log.h"
#include "lottery/stage/train_stage.h"
#include "train/ranks/ranks.h"

namespace espalier::lottery {
namespace {

void save_ticket(const StageContext& context, const Weights& weights, const prune::MaskSet& masks,
                 const store::Run& run) {
    const StageSpec& stage = context.stage();
    make_folder(run.folder() / "tickets");
    Graph graph = ticket_graph(context.graph(), weights, context.recipe().prune.remove ? &masks : nullptr,
                               context.dataset(), stage);
    if (const std::string& text = context.order().metadata; !text.empty())
        graph.metadata["espalier.permutation"] = text;
    onnx::write(run.ticket_path(stage.level(), stage.replicate), graph);
}

void save(StageContext& context, const train::Outcome& outcome, store::Run& run) {
    const StageSpec& stage = context.stage();
    remove_half_written(run.stage_folder(stage.hash));
    for (const auto& [step, weights] : outcome.snapshots)
        write_safetensors(context.file(stage, step_file(step)), weights);
    write_safetensors(context.file(stage, kWeights), outcome.weights);
    prune::save(context.file(stage, kMasks), outcome.masks);
    if (stage.keeps_movement) write_safetensors(context.file(stage, kMovement), outcome.movement);
    if (!outcome.explored.empty()) prune::save(context.file(stage, kExplored), outcome.explored);
    if (!context.order().said.empty()) save(context.file(stage, kOrder), context.order());
    if (stage.arm() == "ticket") save_ticket(context, outcome.weights, outcome.masks, run);
}

/// Outputs of which anything is left.
std::int64_t width_left(const prune::Mask& mask, std::size_t output_axis) {
    const Shape& shape = mask.shape();
    std::int64_t inner = 1;
    for (auto d = output_axis + 1; d < shape.size(); ++d) inner *= shape[d];
    const std::int64_t outputs = shape[output_axis];
    std::vector<bool> is_left(static_cast<std::size_t>(outputs));
    for (std::int64_t i = 0; i < mask.count(); ++i) {
        if (mask[i]) is_left[static_cast<std::size_t>(i / inner % outputs)] = true;
    }
    return std::ranges::count(is_left, true);
}

store::Stage record(const StageContext& context, const train::Outcome& outcome) {
    const StageSpec& spec = context.stage();
    store::Stage stage;
    stage.hash = spec.hash;
    stage.parent = spec.parent < 0 ? "" : context.stage(spec.parent).hash;
    stage.replicate = spec.replicate;
    for (const PrunableWeight& weight : prunable(context.graph(), context.recipe().prune.include)) {
        const prune::Mask& mask = outcome.masks.at(weight.name);
        stage.layers.push_back({weight.name, mask.kept(), mask.count(), weight.macs_per_weight});
        if (!context.recipe().prune.remove || !weight.stored_axis) continue;
        stage.layers.back().width = width_left(mask, *weight.stored_axis);
        stage.layers.back().width_total = mask.shape()[*weight.stored_axis];
    }
    stage.first_step = spec.first_step;
    stage.last_step = spec.last_step;
    stage.best_step = outcome.best_step;
    stage.best_validation_loss = outcome.best_validation.loss;
    stage.best_validation_accuracy = outcome.best_validation.score;
    stage.best_test_accuracy = outcome.best_test.score;
    stage.validation_accuracy = outcome.validation.score;
    stage.validation_loss = outcome.validation.loss;
    stage.test_accuracy = outcome.test.score;
    stage.test_loss = outcome.test.loss;
    stage.train_accuracy = outcome.train.score;
    stage.train_loss = outcome.train.loss;
    stage.seconds = outcome.seconds;
    stage.curve = outcome.curve;
    stage.metrics = metrics_of(context, outcome.weights);
    return stage;
}

/// One record for each place.
std::vector<store::Stage> at_places(store::Stage stage, const std::vector<Place>& places) {
    std::vector<store::Stage> records;
    for (const Place& place : places) {
        stage.arm = place.arm;
        stage.level = place.level;
        records.push_back(stage);
    }
    return records;
}

/// What can be had without training: the ticket's file, other metrics, records at more places.
void amend(const StageContext& context, const Missing& missing, store::Run& run) {
    const StageSpec& spec = context.stage();
    const Weights weights = read_safetensors(context.file(spec, kWeights)).tensors;
    if (missing.ticket) save_ticket(context, weights, prune::load_masks(context.file(spec, kMasks)), run);
    if (!missing.metrics && missing.places.empty()) return;
    store::Stage stage = run.find_stage(spec.hash).value();
    if (missing.metrics) stage.metrics = metrics_of(context, weights);
    run.amend(at_places(stage, spec.places));
}

void train_and_record(StageContext& context, store::Run& run, const StageOptions& options) {
    const StageSpec& spec = context.stage();
    context.find_order();
    Ticket ticket(context);
    std::optional<StageEvents> events;
    if (train::writes(options.ranks))
        events.emplace(run.folder(), spec, context.dataset().train.have_classes() ? "accuracy" : "r2");
    StageTraining training{.start = starting_point(context),
                           .first_step = spec.first_step,
                           .last_step = spec.last_step,
                           .order_seed = context.seed(),
                           .checkpoint = remembers(context) ? "" : kCheckpoint,
                           .reprune = changes_on_the_way(context, ticket),
                           .latents = latents_of(context),
                           .on_evaluation = [&](const store::Evaluation& at) {
                               if (events) events->add(at);
                           }};
    train::Outcome outcome = train_stage(context, training, options);
    if (!train::writes(options.ranks)) return;
    if (spec.is_dense()) outcome.masks = std::move(training.start.masks);
    save(context, outcome, run);
    run.add_places(at_places(record(context, outcome), spec.places), context.pruner().notes());
    remove_file(context.file(spec, kCheckpoint));
}

void measure_and_record(StageContext& context, store::Run& run, const StageOptions& options) {
    const store::Stability stability = measure_stability(context, options);
    if (!train::writes(options.ranks)) return;
    run.add(stability);
    remove_file(context.file(context.stage(), kLine));
}

}  // namespace

void run_stage(const std::vector<StageSpec>& stages, std::size_t index, const Recipe& recipe,
               const data::Dataset& dataset, store::Run& run, const StageOptions& options) {
    const Missing what = missing(run, stages[index], recipe);
    if (options.ranks != nullptr) {  // a folder on the network may show the others an older state
        const auto word = [&] {
            return what.is_nothing() ? "nothing" : what.needs_training() ? "train" : "amend";
        };
        options.ranks->require_same("another state of the run's folder", word());
    }
    if (what.is_nothing() || (!what.needs_training() && !train::writes(options.ranks))) return;
    StageContext context(stages, index, recipe, dataset, run);
    if (stages[index].kind == StageSpec::Kind::stability) {
        measure_and_record(context, run, options);
    } else if (what.needs_training()) {
        train_and_record(context, run, options);
    } else {
        amend(context, what, run);
    }
}

}  // namespace espalier::lottery
