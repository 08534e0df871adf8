// Prunes an ONNX file without data, or runs a recipe's rounds of pruning and retraining.
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/experiment.h"
#include "cli/pruned.h"
#include "cli/shapes.h"
#include "cli/table_width.h"
#include "cli/verb.h"
#include "espalier/onnx.h"
#include "espalier/prune.h"
#include "espalier/surgery.h"
#include "graph/analysis/input_shapes.h"
#include "surgery/layers.h"
#include "surgery/pass.h"

namespace espalier::cli::verbs_::prune_ {
namespace {

struct Arguments {
    ExperimentArguments experiment;
    std::string granularity = "element";
    std::string criterion = "magnitude";
    std::string unit_norm = "l1";
    std::string scope = "global";
    prune::Target target;
    std::vector<std::string> layers;  // "fc1.weight=0.5"
    std::vector<std::string> shapes;  // "name=1x3x48x320"
    std::string sensitivity;
    std::int64_t floor = 1;
    std::uint64_t seed = 0;
};

std::map<std::string, double> layer_targets(const std::vector<std::string>& arguments) {
    std::map<std::string, double> targets;
    for (const std::string& argument : arguments) {
        const auto equals = argument.rfind('=');
        double value = 0;
        if (equals == std::string::npos || !CLI::detail::lexical_cast(argument.substr(equals + 1), value)) {
            throw InvalidArgument(
                fmt::format("--layer {}: expected NAME=SPARSITY, such as fc1.weight=0.5", argument));
        }
        targets[argument.substr(0, equals)] = value;
    }
    return targets;
}

prune::Request request_of(const Arguments& arguments, const Graph& graph, const prune::MaskSet& current) {
    const auto needs = prune::signals_needed(arguments.criterion);
    if (!needs.empty()) {
        throw InvalidArgument(
            fmt::format("criterion \"{}\" needs the {}, and an ONNX file has no data: prune with a recipe",
                        arguments.criterion, prune::name_of(needs.front())));
    }
    prune::Request request;
    request.weights = surgery::candidates(graph, graph.initializers);
    if (request.weights.empty())
        throw InvalidModel(fmt::format("network \"{}\" has no weights to prune", graph.name));
    request.current = &current;
    request.granularity = arguments.granularity;
    request.criterion = arguments.criterion;
    request.unit_norm = arguments.unit_norm;
    request.scope = arguments.scope;
    request.target = arguments.target;
    request.layer_targets = layer_targets(arguments.layers);
    if (!arguments.sensitivity.empty()) request.sensitivity = prune::read_sensitivity(arguments.sensitivity);
    request.floor = arguments.floor;
    request.seed = arguments.seed;
    return request;
}

/// A target in multiply-adds needs all of them to be known.
void check_macs(const Graph& graph) {
    require_shapes(graph, {}, "prune: --macs counts multiply-adds");
    for (const PrunableWeight& weight : prunable(graph)) {
        if (std::isfinite(weight.macs_per_weight)) continue;
        throw InvalidModel(fmt::format(
            "prune: --macs counts multiply-adds, and those of \"{}\" are known only when the network "
            "runs: give --sparsity or --weights",
            weight.name));
    }
}

void prune_file(const Arguments& arguments) {
    const std::string& output = arguments.experiment.output;
    if (output.empty()) throw InvalidArgument("prune: say where the pruned network goes: -o OUT.onnx");
    Graph graph = onnx::read(arguments.experiment.recipe);
    const std::vector<Value> inputs = graph.inputs;
    const std::vector<Value> outputs = graph.outputs;
    set_input_shapes(graph, parse_shapes(arguments.shapes));
    if (arguments.target.macs) check_macs(graph);
    Pruned pruned{.plan = {},
                  .before = surgery::zeros_of(graph),
                  .not_prunable = surgery::not_prunable(graph),
                  .work = {},
                  .written = {}};
    pruned.plan = prune::plan(request_of(arguments, graph, pruned.before));
    pruned.plan.masks.apply(graph.initializers);
    pruned.work = work_of(graph, surgery::layers(graph, false));
    graph.inputs = inputs;  // the shapes are for counting; what is written stays as open as it was
    graph.outputs = outputs;
    pruned.written = write_to_run(std::move(graph), output, arguments.experiment.without_passes);
    if (arguments.experiment.json) {
        std::cout << to_json(pruned).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                  << '\n';
    } else {
        std::cout << to_text(pruned, table_width(arguments.experiment.wide));
    }
}

/// Options of a cut without a recipe, which says all of that itself.
std::vector<CLI::Option*> add_cut_options(CLI::App& command, Arguments& a) {
    std::vector<CLI::Option*> options = {
        command
            .add_option("--granularity", a.granularity,
                        "What is cut: element, 2:4, \"block 4x1\", filter, ... (espalier list granularities)")
            ->capture_default_str(),
        command
            .add_option("--criterion", a.criterion,
                        "How it is chosen: magnitude, random, fpgm, ... (espalier list criteria)")
            ->capture_default_str(),
        command
            .add_option("--unit-norm", a.unit_norm,
                        "How the score of a unit is made of those of its weights: l1, l2, mean, max")
            ->capture_default_str(),
        command
            .add_option(
                "--scope", a.scope,
                "Where the budget is spent: global, layer-wise, erk, lamp, ... (espalier list scopes)")
            ->capture_default_str(),
        command.add_option("--sparsity", a.target.sparsity,
                           "Share of the prunable weights that is zero afterwards, 0 to below 1"),
        command.add_option("--macs", a.target.macs,
                           "Share of the multiply-adds of prunable weights that is kept, above 0 to 1"),
        command.add_option("--weights", a.target.weights, "Number of prunable weights that are kept"),
        command
            .add_option("--shape", a.shapes,
                        "NAME=1x3x48x320: of an input with open dimensions beside the batch, to count "
                        "multiply-adds at")
            ->allow_extra_args(false),
        command.add_option("--layer", a.layers,
                           "NAME=SPARSITY of one layer (scopes layer-wise and explicit)"),
        command.add_option("--sensitivity", a.sensitivity,
                           "Table for scope sensitivity (espalier sensitivity RECIPE writes it)"),
        command.add_option("--floor", a.floor, "Units that every layer keeps at least")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str(),
        command.add_option("--seed", a.seed, "Seed of the random criterion")->capture_default_str()};
    return options;
}

void run(const Arguments& arguments, const std::vector<CLI::Option*>& of_cut,
         const std::vector<CLI::Option*>& of_recipe) {
    const ExperimentArguments& experiment = arguments.experiment;
    const bool is_recipe = experiment.recipe.ends_with(".toml");
    for (const CLI::Option* option : is_recipe ? of_cut : of_recipe) {
        if (option->count() == 0) continue;
        throw InvalidArgument(fmt::format("prune: {} is {}", option->get_name(),
                                          is_recipe ? "for an ONNX file; with a recipe: --set prune.KEY=VALUE"
                                                    : "for a recipe, and this is an ONNX file"));
    }
    const prune::Target& target = arguments.target;
    if (target.sparsity.has_value() + target.macs.has_value() + target.weights.has_value() > 1)
        throw InvalidArgument(
            "prune: --sparsity, --macs and --weights each say how much is left: give one of them");
    for (const std::string& name : experiment.without_passes) surgery::passes().get(name);
    if (!experiment.without_passes.empty() && experiment.output.empty())
        throw InvalidArgument("prune: --without-pass is about what is written: say where, -o OUT.onnx");
    is_recipe ? run_experiment("prune", experiment) : prune_file(arguments);
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    ExperimentArguments& experiment = arguments->experiment;
    command
        .add_option("model", experiment.recipe, "ONNX file, or a recipe (.toml) to train, prune and retrain")
        ->required();
    command.add_option("-o,--output", experiment.output,
                       "ONNX file to write, made to be run; of a recipe: the ticket of its last level");
    command
        .add_option("--without-pass", experiment.without_passes,
                    "Leave out this pass over what is written; may be repeated (espalier list passes)")
        ->allow_extra_args(false);
    const std::vector<CLI::Option*> of_cut = add_cut_options(command, *arguments);
    const std::vector<CLI::Option*> of_recipe = {
        command.add_option("--run", experiment.run, "Folder of a recipe's run (default: runs/NAME-HASH)"),
        command
            .add_option("--set", experiment.changes,
                        "KEY=VALUE that counts more than the recipe; may be repeated")
            ->allow_extra_args(false)};
    add_run_options(command, experiment.options);
    command.add_flag("--json", experiment.json, "Print JSON");
    add_wide_option(command, experiment.wide);
    command.callback([arguments, of_cut, of_recipe] { run(*arguments, of_cut, of_recipe); });
}

}  // namespace

extern const Verb prune{
    .name = "prune",
    .summary = "Prune an ONNX network, or train, prune and retrain by a recipe",
    .example = "espalier prune model.onnx --criterion magnitude --sparsity 0.9 -o pruned.onnx",
    .define = define};

}  // namespace espalier::cli::verbs_::prune_
