// Cuts one layer at a time over a grid of sparsities: table, plot in the report, and the file that scope
// "sensitivity" reads.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "cli/common_options.h"
#include "cli/experiment.h"
#include "cli/verb.h"
#include "espalier/prune.h"
#include "espalier/report.h"
#include "espalier/store.h"
#include "experiment/run/sensitivity.h"
#include "store/tables/score_name.h"

namespace espalier::cli::verbs_::sensitivity_ {
namespace {

struct Arguments {
    ExperimentArguments experiment;
    std::vector<double> grid = {0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98};
    std::string output;
};

void measure(const Arguments& arguments) {
    const ExperimentArguments& a = arguments.experiment;
    const Recipe recipe = read_recipe(a).dense_only();
    const std::filesystem::path folder = run_folder(recipe, a);
    run_trainer("sensitivity", a, folder, {"--grid", fmt::format("{}", fmt::join(arguments.grid, ","))});
    if (a.options.dry_run) return;
    const store::Run run = store::Run::open(folder);
    experiment::SensitivityMeans means = experiment::means_of(run.sensitivities());
    means.score = store::score_name(run.facts());
    const std::string table_file =
        arguments.output.empty() ? (folder / "sensitivity.csv").string() : arguments.output;
    prune::write_sensitivity(table_file, means.points);
    const std::filesystem::path html = folder / "report.html";
    report::write_html(run, html);
    if (a.json)
        return print(
            {{"table", table_file}, {"report", html.string()}, {"layers", experiment::to_json(means)}});
    std::cout << experiment::to_text(means, table_width(a.wide)) << "table:  " << table_file
              << "\nreport: " << html.string() << '\n';
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    add_experiment_options(command, arguments->experiment);
    command.add_option("--grid", arguments->grid, "Sparsities between 0 and 1, ascending")
        ->delimiter(',')
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command.add_option("-o,--output", arguments->output,
                       "File for the table that scope \"sensitivity\" reads (default: RUN/sensitivity.csv)");
    command.callback([arguments] { measure(*arguments); });
}

}  // namespace

extern const Verb sensitivity{.name = "sensitivity",
                              .summary = "Measure what cutting each layer alone costs, without retraining",
                              .example = "espalier sensitivity recipes/demo.toml --grid 0.5,0.8,0.9,0.95",
                              .define = define};

}  // namespace espalier::cli::verbs_::sensitivity_
