#include "cli/experiment.h"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "cli/common_options.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/report.h"
#include "espalier/store.h"
#include "experiment/run/run.h"
#include "experiment/run/summary.h"
#include "experiment/run/trainer.h"
#include "store/first_word.h"
#include "store/shard.h"

namespace espalier::cli {

bool has_trainer() { return !experiment::trainer_path().empty(); }

void require_trainer(const std::vector<std::string>& arguments) {
    catch_interrupts();
    const experiment::TrainerExit exit = experiment::run_trainer(experiment::trainer_path(), arguments,
                                                                 {.progress = {}, .stop = &interrupted()});
    if (exit.signal == SIGPIPE) end_unread();
    if (exit.signal != 0) throw Error(fmt::format("the trainer was killed by signal {}", exit.signal));
    if (exit.code != 0) throw CLI::RuntimeError(exit.code);
}

void add_experiment_options(CLI::App& command, ExperimentArguments& arguments) {
    command.add_option("recipe", arguments.recipe, "Recipe file (TOML)")->required();
    command.add_option("--run", arguments.run, "Folder of the run (default: runs/NAME-HASH)");
    command
        .add_option("--set", arguments.changes, "KEY=VALUE that counts more than the recipe; may be repeated")
        ->allow_extra_args(false);
    add_run_options(command, arguments.options);
    command.add_flag("--json", arguments.json, "Print the results as JSON");
    add_wide_option(command, arguments.wide);
}

Recipe read_recipe(const ExperimentArguments& arguments) {
    if (std::filesystem::path(arguments.recipe).extension() == ".onnx")
        throw InvalidArgument(fmt::format(
            "{} is a network, expected a recipe (TOML); to train it, name it there: model.onnx = \"{}\"",
            arguments.recipe, arguments.recipe));
    return Recipe::from_file(arguments.recipe, arguments.changes);
}

std::filesystem::path run_folder(const Recipe& recipe, const ExperimentArguments& arguments) {
    return arguments.run.empty() ? experiment::run_folder(recipe, arguments.study)
                                 : std::filesystem::path(arguments.run);
}

void run_trainer(const std::string& verb, const ExperimentArguments& arguments,
                 const std::filesystem::path& folder, const std::vector<std::string>& more) {
    std::vector<std::string> words =
        experiment::trainer_words(verb, arguments.recipe, folder, arguments.changes, arguments.study);
    for (const auto& some : {to_arguments(arguments.options), more})
        words.insert(words.end(), some.begin(), some.end());
    const bool has_others = arguments.options.data_parallel && store::launched_or_alone().count > 1;
    if (has_others) store::nobody_told(folder);  // what is there is of an earlier training
    try {
        require_trainer(words);
    } catch (const Error&) {  // it was killed, and another rank may have said that it is lost
        if (has_others && !store::is_first_to_tell(folder)) throw CLI::RuntimeError(1);
        throw;
    }
}

void run_experiment(experiment::RunOptions::Kind kind, const ExperimentArguments& arguments) {
    const Recipe recipe = experiment::part_of(read_recipe(arguments), kind);
    const std::filesystem::path folder = run_folder(recipe, arguments);
    const store::Shard shard = arguments.options.data_parallel ? store::launched_or_alone()
                                                               : store::shard_of(arguments.options.shard);
    run_trainer(std::string(experiment::name_of(kind)), arguments, folder);
    if (arguments.options.dry_run || !shard.is_first()) return;  // the first one reports

    store::Run run = store::Run::open(folder);
    {
        ProgressBar bar;
        const experiment::Watch watch{
            .progress = [&](double share, const std::string& what) { bar.show(share, what); },
            .stop = &interrupted()};
        experiment::measure_tickets(recipe, run, watch);
        experiment::measure_ensembles(recipe, run, watch);
    }
    const std::filesystem::path html = folder / "report.html";
    report::write_html(run, html);
    experiment::Summary summary{.run = run,
                                .bench = recipe.bench,
                                .report = html,
                                .is_prune = kind == experiment::RunOptions::Kind::prune};
    if (!arguments.output.empty())
        summary.written = experiment::write_to_run(onnx::read(experiment::last_ticket(run)), arguments.output,
                                                   arguments.without_passes);
    print(summary, arguments.json, arguments.wide);
}

void define_experiment_verb(CLI::App& command, experiment::RunOptions::Kind kind) {
    const auto arguments = std::make_shared<ExperimentArguments>();
    add_experiment_options(command, *arguments);
    add_data_parallel_option(command, arguments->options);
    command.callback([arguments, kind] { run_experiment(kind, *arguments); });
}

}  // namespace espalier::cli
