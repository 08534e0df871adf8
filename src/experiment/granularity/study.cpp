#include "experiment/granularity/study.h"

#include <fmt/format.h>

#include <cmath>

#include "base/files.h"
#include "base/hash.h"
#include "base/processor.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "experiment/granularity/cells.h"
#include "experiment/run/run.h"
#include "graph/analysis/input_shapes.h"
#include "store/tables/score_name.h"

namespace espalier::experiment {
namespace {

using Json = nlohmann::ordered_json;

Study begun(const std::filesystem::path& file, const StudyPlan& plan) {
    Study study;
    study.model = file.filename().string();
    study.processor = processor_name();
    study.version = ESPALIER_VERSION;
    study.batch = plan.batch;
    study.threads = plan.threads;
    study.folder = plan.folder.empty()
                       ? std::filesystem::path("studies") / ("granularity-" + file.stem().string())
                       : plan.folder;
    return study;
}

Json identity_of(const Study& study, const StudyPlan& plan, const std::string& content) {
    Json shapes = Json::object();
    for (const auto& [name, shape] : plan.shapes) shapes[name] = to_string(shape);
    return {{"study", "granularity"},       {"model", study.model},
            {"content", hash_hex(content)}, {"batch", study.batch},
            {"threads", study.threads},     {"seconds", plan.seconds},
            {"processor", study.processor}, {"version", study.version},
            {"shapes", std::move(shapes)},  {"keep", plan.keep}};
}

/// Of the file, and of weights that lie beside it.
std::string content_of(const std::filesystem::path& model, const Graph& graph) {
    std::string content = hash_hex(read_file(model));
    for (const auto& [name, tensor] : graph.initializers) content += name + hash_hex(tensor.bytes());
    return content;
}

double magnitude_of(const Graph& graph) {
    double sum = 0;
    for (const std::string& name : prunable_weights(graph)) {
        for (const float value : graph.initializers.at(name).f32())
            sum += std::abs(static_cast<double>(value));
    }
    return sum;
}

/// As the cell says, its share of the magnitude included.
void cut_for(StudyCell& cell, Graph& graph, const StudyPlan& plan) {
    const double before = magnitude_of(graph);
    cut(graph, cut_of(cell, plan));
    cell.magnitude_left = before > 0 ? magnitude_of(graph) / before : 1;
}

/// The recipe of one cell: the network of `model`, cut at once, then retrained as the recipe says.
Recipe recipe_of(const Recipe& base, const StudyCell& cell, const std::filesystem::path& model,
                 int replicate) {
    Recipe recipe = base.without_controls();
    recipe.model = {};
    recipe.model.onnx = model.string();
    recipe.train.steps = {};
    recipe.train.schedule = "linear";  // over the retraining
    recipe.train.milestones.clear();
    recipe.train.warmup = {};
    recipe.regularize.dropout = 0;
    recipe.retrain.to = {};
    recipe.prune = {};
    recipe.prune.granularity = cell.granularity;
    recipe.prune.keep = base.prune.keep;
    recipe.prune.floor = base.prune.floor;
    recipe.prune.spacing = "one-shot";
    recipe.prune.rounds = 1;
    recipe.prune.sparsity = cell.asked;
    recipe.experiment.replicates = 1;
    recipe.experiment.seed = base.experiment.seed + replicate;
    return recipe;
}

void check_recipe(const Recipe& recipe) {
    if (recipe.retrain.mode != "fine-tune" || recipe.retrain.steps == Length{})
        recipe.fail("retrain.mode",
                    ": study \"granularity\" gives every granularity the same retraining, expected mode = "
                    "\"fine-tune\" and its steps");
}

double test_accuracy(const store::Run& run, int level, int replicate) {
    for (const store::Stage& stage : run.stages()) {
        if (stage.arm == "ticket" && stage.level == level && stage.replicate == replicate)
            return stage.test_accuracy;
    }
    throw BadData(
        fmt::format("{}: level {} of replicate {} is not there", run.folder().string(), level, replicate));
}

}  // namespace

Study study_model(const std::filesystem::path& model, const StudyPlan& plan, const Watch& watch) {
    Study study = begun(model, plan);
    Graph graph = onnx::read(model);
    set_input_shapes(graph, plan.shapes);  // at which multiply-adds are counted, too
    const CellStore store(study.folder, identity_of(study, plan, content_of(model, graph)));
    study.cells = all_cells(plan, store, watch, [&](StudyCell& cell) {
        Graph network = graph;
        if (cell.permuted) permute(network, cut_of(cell, plan));
        cut_for(cell, network, plan);
        measure(cell, network, plan);
    });
    return study;
}

Study study_recipe(const std::filesystem::path& file, const StudyPlan& asked, const Watch& watch) {
    const Recipe recipe = Recipe::from_file(file, asked.changes);
    StudyPlan plan = asked;
    plan.keep = recipe.prune.keep;
    Study study = begun(file, plan);
    check_recipe(recipe);
    const CellStore store(study.folder, identity_of(study, plan, recipe.identity()));
    const store::Run dense = run(file, {.kind = RunOptions::Kind::train,
                                        .folder = study.folder / "dense",
                                        .changes = plan.changes,
                                        .watch = watch});
    study.score = store::score_name(dense.facts());
    const int replicates = static_cast<int>(recipe.experiment.replicates);
    for (int r = 0; r < replicates; ++r) study.dense_accuracies.push_back(test_accuracy(dense, 0, r));
    make_folder(study.folder / "runs");
    study.cells = all_cells(plan, store, watch, [&](StudyCell& cell) {
        for (int r = 0; r < replicates; ++r) {
            const std::string name = fmt::format("{}-{}", key_of(cell), r);
            const std::filesystem::path model = study.folder / "runs" / (name + ".onnx");
            Graph network = onnx::read(dense.ticket_path(0, r));
            if (cell.permuted) permute(network, cut_of(cell, plan));
            onnx::write(model, network);
            if (r == 0) cut_for(cell, network, plan);
            const std::filesystem::path own = study.folder / "runs" / (name + ".toml");
            // What differs from the defaults: a file that names no built-in network beside its own.
            write_text(own, recipe_of(recipe, cell, model, r).identity());
            const store::Run retrained = run(own, {.kind = RunOptions::Kind::prune,
                                                   .folder = study.folder / "runs" / name,
                                                   .watch = {.progress = {}, .stop = watch.stop}});
            cell.accuracies.push_back(test_accuracy(retrained, 1, 0));
            if (r == 0) measure(cell, onnx::read(retrained.ticket_path(1, 0)), plan);
        }
    });
    return study;
}

}  // namespace espalier::experiment
