// Prunes an ONNX file without data, or runs a recipe's rounds of pruning and retraining.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/files.h"
#include "cli/common_options.h"
#include "cli/progress.h"
#include "cli/prune_options.h"
#include "cli/verb.h"
#include "espalier/prune.h"
#include "experiment/inspect/shapes.h"
#include "experiment/measure/tuning_file.h"
#include "experiment/prune/arguments.h"
#include "experiment/prune/pruned.h"
#include "experiment/removal/removed.h"
#include "surgery/pass.h"
#include "trees/method.h"

namespace espalier::cli::verbs_::prune_ {
namespace {

experiment::Cut cut_of(const PruneArguments& arguments) {
    experiment::Cut cut = arguments.cut;
    cut.layers = experiment::parse_layers(arguments.layers);
    cut.widths = experiment::parse_widths(arguments.widths);
    cut.round_to = experiment::parse_multiple(arguments.round_to);
    cut.timing = {.batch = arguments.batch,
                  .threads = arguments.threads,
                  .precision = experiment::precision_named(arguments.precision)};
    if (!arguments.sensitivity.empty()) cut.sensitivity = prune::read_sensitivity(arguments.sensitivity);
    return cut;
}

void prune_file(const PruneArguments& arguments) {
    const ExperimentArguments& common = arguments.experiment;
    if (common.output.empty()) throw InvalidArgument("prune: say where the pruned network goes: -o OUT.onnx");
    const auto shapes = experiment::parse_shapes(arguments.shapes);
    if (arguments.remove) {
        experiment::Cut cut = cut_of(arguments);
        cut.shapes = shapes;
        const auto target = experiment::removal_target(cut, arguments.latency);
        ProgressBar bar(1);
        const experiment::Watch watch{
            .progress = [&bar](double share, const std::string& what) { bar.show(share, what); },
            .stop = &interrupted()};
        const auto removed = experiment::remove_from_file(
            common.recipe, cut, target ? &*target : nullptr, common.output, common.without_passes, watch,
            calibrate::repair_of(arguments.repair), arguments.calibrate, arguments.store == "f16");
        bar.hide();
        return print(removed, common.json, common.wide);
    }
    ProgressBar bar(1);
    const experiment::Watch watch{
        .progress = [&bar](double share, const std::string& what) { bar.show(share, what); },
        .stop = &interrupted()};
    const auto pruned = experiment::prune_file(common.recipe, cut_of(arguments),
                                               {.output = common.output,
                                                .shapes = shapes,
                                                .without = common.without_passes,
                                                .calibrate = arguments.calibrate,
                                                .permute = arguments.permute,
                                                .as_halves = arguments.store == "f16"},
                                               watch);
    bar.hide();
    print(pruned, common.json, common.wide);
}

void prune_trees(const PruneArguments& arguments) {
    const ExperimentArguments& common = arguments.experiment;
    if (common.output.empty()) throw InvalidArgument("prune: say where the pruned trees go: -o OUT.onnx");
    ProgressBar bar(1);
    const experiment::Watch watch{
        .progress = [&bar](double share, const std::string& what) { bar.show(share, what); },
        .stop = &interrupted()};
    experiment::TreeCut how = arguments.trees;
    how.compare = !arguments.page.empty();
    const auto pruned = experiment::prune_trees(common.recipe, how, arguments.data, common.output, watch);
    if (how.compare) write_text(arguments.page, experiment::to_html(pruned));
    bar.hide();
    print(pruned, common.json, common.wide);
}

bool names_trees(const std::string& criterion) {
    return criterion == "lossless" || trees::methods().find(criterion) != nullptr;
}

/// Whether trees are to be pruned. Throws InvalidArgument for options that go with something else.
bool wants_trees(const PruneArguments& arguments, const std::vector<CLI::Option*>& of_cut,
                 const std::vector<CLI::Option*>& of_trees) {
    const auto given = [](const CLI::Option* option) { return option->count() > 0; };
    if (std::ranges::none_of(of_trees, given) && !names_trees(arguments.cut.criterion)) return false;
    if (arguments.experiment.recipe.ends_with(".toml"))
        throw InvalidArgument("prune: trees are pruned in an ONNX file, and this is a recipe");
    const auto tree_option = std::ranges::find_if(of_trees, given);
    const std::string what = tree_option == of_trees.end()
                                 ? fmt::format("--criterion {}", arguments.cut.criterion)
                                 : (*tree_option)->get_name();
    for (const CLI::Option* option : of_cut) {
        const std::string name = option->get_name();
        if (given(option) && name != "--criterion" && name != "--seed")
            throw InvalidArgument(fmt::format("prune: {} is for trees, and {} is not", what, name));
    }
    return true;
}

/// Zeros are made up for by --reconstruct, removals by --repair.
void check_calibration(const PruneArguments& arguments) {
    const calibrate::Repair repair = calibrate::repair_of(arguments.repair);
    if (repair != calibrate::Repair::none && (!arguments.remove || arguments.calibrate.empty()))
        throw InvalidArgument("prune: --repair needs --remove and --calibrate DATA.npz");
    if (!arguments.cut.metrics.empty() && (arguments.remove || arguments.calibrate.empty()))
        throw InvalidArgument(
            "prune: --metric needs --calibrate DATA.npz, and no --remove (espalier run --metric compares any "
            "two)");
    if (!arguments.remove) return;
    if (!arguments.cut.reconstruct.empty())
        throw InvalidArgument("prune: --reconstruct is for zeros; what --remove leaves is for --repair");
    experiment::check_removal(arguments.cut, repair, !arguments.calibrate.empty());
}

/// Options that only a removal reads.
void check_zeros(const PruneArguments& arguments, const std::vector<CLI::Option*>& of_cut) {
    if (!arguments.latency.empty())
        throw InvalidArgument("prune: --latency is for --remove: zeros alone promise no time");
    if (!arguments.widths.empty() || experiment::parse_multiple(arguments.round_to) != 1)
        throw InvalidArgument("prune: --width and --round-to are for --remove: zeros change no width");
    constexpr std::string_view kOthers[] = {"--batch", "--threads", "--precision", "--combine"};
    for (const CLI::Option* option : of_cut) {
        const std::string name = option->get_name();
        if (option->count() > 0 && std::ranges::find(kOthers, name) != std::end(kOthers))
            throw InvalidArgument(fmt::format("prune: {} is for --remove", name));
    }
}

void run(const PruneArguments& arguments, const std::vector<CLI::Option*>& of_cut,
         const std::vector<CLI::Option*>& of_trees, const std::vector<CLI::Option*>& of_recipe) {
    const ExperimentArguments& common = arguments.experiment;
    if (wants_trees(arguments, of_cut, of_trees)) {
        PruneArguments with = arguments;
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
    if (arguments.remove && arguments.permute)
        throw InvalidArgument("prune: --permute is for zeros: a removal leaves no groups");
    if (!arguments.remove) check_zeros(arguments, of_cut);
    for (const std::string& name : common.without_passes) surgery::passes().get(name);
    if (!common.without_passes.empty() && common.output.empty())
        throw InvalidArgument("prune: --without-pass is about what is written: say where, -o OUT.onnx");
    if (is_recipe) return run_experiment(experiment::RunOptions::Kind::prune, common);
    prune_file(arguments);
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<PruneArguments>();
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
    std::vector<CLI::Option*> of_recipe = {
        command.add_option("--run", common.run, "Folder of a recipe's run (default: runs/NAME-HASH)"),
        command
            .add_option("--set", common.changes,
                        "KEY=VALUE that counts more than the recipe; may be repeated")
            ->allow_extra_args(false)};
    for (CLI::Option* option : add_run_options(command, common.options)) of_recipe.push_back(option);
    of_recipe.push_back(add_data_parallel_option(command, common.options));
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
