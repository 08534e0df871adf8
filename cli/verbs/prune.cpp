// Prunes an ONNX file without data, or runs a recipe's rounds of pruning and retraining.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/common_options.h"
#include "cli/experiment.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "espalier/prune.h"
#include "experiment/inspect/shapes.h"
#include "experiment/prune/arguments.h"
#include "experiment/prune/calibrated.h"
#include "experiment/prune/pruned.h"
#include "experiment/prune/removed.h"
#include "experiment/trees/prune_trees.h"
#include "surgery/pass.h"
#include "trees/method.h"

namespace espalier::cli::verbs_::prune_ {
namespace {

struct Arguments {
    experiment::Cut cut;
    ExperimentArguments experiment;
    std::vector<std::string> layers;  // "fc1.weight=0.5"
    std::vector<std::string> widths;  // "conv1.weight=48"
    std::vector<std::string> shapes;  // "name=1x3x48x320"
    std::string sensitivity;
    bool remove = false;
    std::string latency;  // "0.5x", "8ms"
    std::int64_t batch = 1;
    int threads = 1;
    experiment::TreeCut trees;
    std::string data;  // of trees
    std::string calibrate;
    std::string repair = "none";
    bool has_scope = false;
};

experiment::Cut cut_of(const Arguments& arguments) {
    experiment::Cut cut = arguments.cut;
    cut.layers = experiment::parse_layers(arguments.layers);
    cut.widths = experiment::parse_widths(arguments.widths);
    if (!arguments.sensitivity.empty()) cut.sensitivity = prune::read_sensitivity(arguments.sensitivity);
    // What chooses layer by layer has no scores that compare weights of two layers.
    if (!arguments.has_scope && experiment::chooses_by_layer(cut)) cut.scope = "layer-wise";
    return cut;
}

void prune_file(const Arguments& arguments) {
    const ExperimentArguments& common = arguments.experiment;
    if (common.output.empty()) throw InvalidArgument("prune: say where the pruned network goes: -o OUT.onnx");
    const auto shapes = experiment::parse_shapes(arguments.shapes);
    if (arguments.remove) {
        const experiment::Cut cut = cut_of(arguments);
        auto target = experiment::removal_target(cut, arguments.latency);
        if (target) {
            target->batch = arguments.batch;
            target->threads = arguments.threads;
        }
        ProgressBar bar(1);
        const experiment::Watch watch{
            .progress = [&bar](double share, const std::string& what) { bar.show(share, what); }};
        const auto removed = experiment::remove_from_file(
            common.recipe, cut, target ? &*target : nullptr, shapes, common.output, common.without_passes,
            watch, calibrate::repair_of(arguments.repair), arguments.calibrate);
        bar.hide();
        return print(removed, common.json, common.wide);
    }
    ProgressBar bar(1);
    const experiment::Watch watch{
        .progress = [&bar](double share, const std::string& what) { bar.show(share, what); },
        .stop = &interrupted()};
    const auto pruned = experiment::prune_file(common.recipe, cut_of(arguments), shapes, common.output,
                                               common.without_passes, arguments.calibrate, watch);
    bar.hide();
    print(pruned, common.json, common.wide);
}

void prune_trees(const Arguments& arguments) {
    const ExperimentArguments& common = arguments.experiment;
    if (common.output.empty()) throw InvalidArgument("prune: say where the pruned trees go: -o OUT.onnx");
    ProgressBar bar(1);
    const experiment::Watch watch{
        .progress = [&bar](double share, const std::string& what) { bar.show(share, what); },
        .stop = &interrupted()};
    const auto pruned =
        experiment::prune_trees(common.recipe, arguments.trees, arguments.data, common.output, watch);
    bar.hide();
    print(pruned, common.json, common.wide);
}

/// Of a file with trees; any of them, or a criterion of trees, says that the file is one.
std::vector<CLI::Option*> add_tree_options(CLI::App& command, Arguments& a) {
    return {
        command.add_option("--data", a.data,
                           "Trees: .npz with x_train and y_train, and where there are some x_validation, "
                           "y_validation, x_test and y_test"),
        command.add_option("--amount,--alpha", a.trees.amount,
                           "Trees: how much goes, in what the criterion counts (espalier list tree-methods)"),
        command
            .add_option("--folds", a.trees.folds,
                        "Trees: choose the amount by so many folds and the one standard error rule")
            ->check(CLI::Range(2, 1000)),
        command.add_option("--impurity", a.trees.impurity,
                           "Trees: gini, entropy, squared-error or scores (default: as fits the trees)"),
        command
            .add_option("--refit", a.trees.refit,
                        "Trees: fit all leaves again, with this L2 towards what they were")
            ->check(CLI::PositiveNumber),
        command.add_flag("!--keep-equal", a.trees.lossless, "Trees: leave out the lossless passes")};
}

bool names_trees(const std::string& criterion) {
    return criterion == "lossless" || trees::methods().find(criterion) != nullptr;
}

/// Options of a cut without a recipe, which says all of that itself.
std::vector<CLI::Option*> add_cut_options(CLI::App& command, Arguments& a) {
    std::vector<CLI::Option*> options = {
        command
            .add_option("--granularity", a.cut.granularity,
                        "What is cut: element, 2:4, \"block 4x1\", filter, ... (espalier list granularities)")
            ->capture_default_str(),
        command
            .add_option("--criterion", a.cut.criterion,
                        "How it is chosen: magnitude, random, fpgm, ... (espalier list criteria)")
            ->capture_default_str(),
        command.add_option("--calibrate", a.calibrate,
                           "Inputs of the network, to cut by what its layers see (wanda, ria, sparsegpt, "
                           "alps): .npz with arrays "
                           "named like its inputs, .npy for one input, or a folder of these"),
        command
            .add_option("--reconstruct", a.cut.reconstruct,
                        "With --calibrate, what is done for what stays, layer by layer: refit, dsnot, flap "
                        "(espalier list "
                        "reconstructions); may be repeated")
            ->allow_extra_args(false),
        command
            .add_option("--unit-norm", a.cut.unit_norm,
                        "How the score of a unit is made of those of its weights: l1, l2, mean, max")
            ->capture_default_str(),
        command
            .add_option(
                "--scope", a.cut.scope,
                "Where the budget is spent: global, layer-wise, erk, lamp, ... (espalier list scopes); with "
                "criteria that choose layer by layer: layer-wise")
            ->capture_default_str(),
        command.add_option("--sparsity", a.cut.target.sparsity,
                           "Share of the prunable weights that is zero afterwards, 0 to below 1"),
        command.add_option("--macs", a.cut.target.macs,
                           "Share of the multiply-adds of prunable weights that is kept, above 0 to 1"),
        command.add_option("--weights", a.cut.target.weights, "Number of prunable weights that are kept"),
        command
            .add_option("--shape", a.shapes,
                        "NAME=1x3x48x320: of an input with open dimensions beside the batch, to count "
                        "multiply-adds at")
            ->allow_extra_args(false),
        command
            .add_option("--keep", a.cut.keep,
                        "NAME or PATTERN (* for any characters) of weights that stay whole and count in no "
                        "share; may be repeated")
            ->allow_extra_args(false),
        command
            .add_option("--include", a.cut.include,
                        "NAME or PATTERN of what is pruned only where it is asked for: embeddings, and "
                        "constants that "
                        "nobody trained; may be repeated")
            ->allow_extra_args(false),
        command.add_option("--layer", a.layers,
                           "NAME=SPARSITY of one layer (scopes layer-wise and explicit)"),
        command.add_flag(
            "--remove", a.remove,
            "Take what is cut out of the network: filters, neurons and heads with all that goes with them. "
            "--sparsity is the share of these"),
        command
            .add_option("--repair", a.repair,
                        "With --remove and --calibrate, what layers are given back of what they lost: none, "
                        "statistics "
                        "(mean and deviation of every output), least-squares (their weights fitted again)")
            ->capture_default_str(),
        command.add_option("--latency", a.latency,
                           "With --remove: 0.5x of the time that the network takes here, or 8ms"),
        command
            .add_option(
                "--width", a.widths,
                "With --remove: NAME=CHANNELS of one group (espalier inspect --groups); may be repeated")
            ->allow_extra_args(false),
        command.add_option("--round-to", a.cut.round_to, "With --remove: widths become multiples of it")
            ->check(CLI::Range(1, 1 << 20))
            ->capture_default_str(),
        command
            .add_option("--combine", a.cut.combine,
                        "With --remove: how a unit's score is made of its slices': sum, mean, max, first")
            ->capture_default_str(),
        command.add_option("--batch", a.batch, "Examples in a run that --latency measures")
            ->check(CLI::Range(1, 1 << 20))
            ->capture_default_str(),
        command.add_option("--threads", a.threads, "Threads of it")
            ->check(CLI::Range(1, 1024))
            ->capture_default_str(),
        command.add_option("--sensitivity", a.sensitivity,
                           "Table for scope sensitivity (espalier sensitivity RECIPE writes it)"),
        command.add_option("--floor", a.cut.floor, "Units that every layer keeps at least")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str(),
        command.add_option("--seed", a.cut.seed, "Seed of the random criterion")->capture_default_str()};
    return options;
}

/// Whether trees are to be pruned. Throws InvalidArgument for options that go with something else.
bool wants_trees(const Arguments& arguments, const std::vector<CLI::Option*>& of_cut,
                 const std::vector<CLI::Option*>& of_trees) {
    const auto given = [](const CLI::Option* option) { return option->count() > 0; };
    if (std::ranges::none_of(of_trees, given) && !names_trees(arguments.cut.criterion)) return false;
    if (arguments.experiment.recipe.ends_with(".toml"))
        throw InvalidArgument("prune: trees are pruned in an ONNX file, and this is a recipe");
    for (const CLI::Option* option : of_cut) {
        const std::string name = option->get_name();
        if (given(option) && name != "--criterion" && name != "--seed")
            throw InvalidArgument(fmt::format("prune: {} is not for trees", name));
    }
    return true;
}

/// Zeros are made up for by --reconstruct, removals by --repair.
void check_calibration(const Arguments& arguments) {
    const bool repairs = calibrate::repair_of(arguments.repair) != calibrate::Repair::none;
    if (repairs && (!arguments.remove || arguments.calibrate.empty()))
        throw InvalidArgument("prune: --repair needs --remove and --calibrate DATA.npz");
    if (!arguments.remove) return;
    if (!arguments.cut.reconstruct.empty())
        throw InvalidArgument("prune: --reconstruct is for zeros; what --remove leaves is for --repair");
    if (!arguments.calibrate.empty() && !repairs)
        throw InvalidArgument(
            "prune: --remove takes --calibrate for --repair statistics or --repair least-squares");
}

void run(const Arguments& arguments, const std::vector<CLI::Option*>& of_cut,
         const std::vector<CLI::Option*>& of_trees, const std::vector<CLI::Option*>& of_recipe) {
    const ExperimentArguments& common = arguments.experiment;
    if (wants_trees(arguments, of_cut, of_trees)) {
        Arguments with = arguments;
        if (of_cut[1]->count() > 0) with.trees.criterion = arguments.cut.criterion;
        with.trees.seed = arguments.cut.seed;
        return prune_trees(with);
    }
    const bool is_recipe = common.recipe.ends_with(".toml");
    for (const CLI::Option* option : is_recipe ? of_cut : of_recipe) {
        if (option->count() == 0) continue;
        throw InvalidArgument(fmt::format("prune: {} is {}", option->get_name(),
                                          is_recipe ? "for an ONNX file; with a recipe: --set prune.KEY=VALUE"
                                                    : "for a recipe, and this is an ONNX file"));
    }
    const prune::Target& target = arguments.cut.target;
    if (target.sparsity.has_value() + target.macs.has_value() + target.weights.has_value() > 1)
        throw InvalidArgument(
            "prune: --sparsity, --macs and --weights each say how much is left: give one of them");
    check_calibration(arguments);
    if (!arguments.remove && !arguments.latency.empty())
        throw InvalidArgument("prune: --latency is for --remove: zeros alone promise no time");
    if (!arguments.remove && (!arguments.widths.empty() || arguments.cut.round_to > 1))
        throw InvalidArgument("prune: --width and --round-to are for --remove: zeros change no width");
    for (const std::string& name : common.without_passes) surgery::passes().get(name);
    if (!common.without_passes.empty() && common.output.empty())
        throw InvalidArgument("prune: --without-pass is about what is written: say where, -o OUT.onnx");
    if (is_recipe) return run_experiment(experiment::RunOptions::Kind::prune, common);
    Arguments with = arguments;
    with.has_scope = std::ranges::any_of(of_cut, [](const CLI::Option* option) {
        return option->get_name() == "--scope" && option->count() > 0;
    });
    prune_file(with);
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    ExperimentArguments& common = arguments->experiment;
    command.add_option("model", common.recipe, "ONNX file, or a recipe (.toml) to train, prune and retrain")
        ->required();
    command.add_option("-o,--output", common.output,
                       "ONNX file to write, made to be run; of a recipe: the ticket of its last level");
    command
        .add_option("--without-pass", common.without_passes,
                    "Leave out this pass over what is written; may be repeated (espalier list passes)")
        ->allow_extra_args(false);
    const std::vector<CLI::Option*> of_cut = add_cut_options(command, *arguments);
    const std::vector<CLI::Option*> of_trees = add_tree_options(command, *arguments);
    const std::vector<CLI::Option*> of_recipe = {
        command.add_option("--run", common.run, "Folder of a recipe's run (default: runs/NAME-HASH)"),
        command
            .add_option("--set", common.changes,
                        "KEY=VALUE that counts more than the recipe; may be repeated")
            ->allow_extra_args(false)};
    add_run_options(command, common.options);
    command.add_flag("--json", common.json, "Print JSON");
    add_wide_option(command, common.wide);
    command.callback(
        [arguments, of_cut, of_trees, of_recipe] { run(*arguments, of_cut, of_trees, of_recipe); });
}

}  // namespace

extern const Verb prune{
    .name = "prune",
    .summary = "Prune an ONNX network or trees, or train, prune and retrain by a recipe",
    .example = "espalier prune model.onnx --criterion magnitude --sparsity 0.9 -o pruned.onnx",
    .define = define};

}  // namespace espalier::cli::verbs_::prune_
