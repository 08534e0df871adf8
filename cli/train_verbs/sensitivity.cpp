// Train the dense networks of a recipe, then cut one layer at a time.
#include <memory>

#include "cli/progress.h"
#include "cli/stages.h"
#include "cli/verb.h"
#include "espalier/lottery.h"
#include "lottery/stage/sensitivity.h"

namespace espalier::cli::train_verbs_::sensitivity_ {
namespace {

struct Arguments : StageArguments {
    std::vector<double> grid;
};

void measure(const Arguments& arguments) {
    const Recipe recipe = Recipe::from_file(arguments.recipe, arguments.changes).dense_only();
    lottery::check_names(recipe);
    lottery::check_sensitivity(recipe, arguments.grid);
    run_stages(recipe, arguments.run, arguments.options);
    const data::Dataset dataset = data::load(lottery::source_of(recipe));
    store::Run run = store::Run::open(arguments.run);
    ProgressBar bar;
    run.set_sensitivities(
        lottery::measure_sensitivity(recipe, dataset, run, arguments.grid,
                                     [&](double done) { bar.show(done, "cutting one layer at a time"); }));
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    add_stage_options(command, *arguments);
    command.add_option("--grid", arguments->grid, "Sparsities")->delimiter(',')->required();
    command.callback([arguments] { measure(*arguments); });
}

}  // namespace

extern const Verb sensitivity{.name = "sensitivity",
                              .summary = "Measure what cutting each layer alone costs",
                              .example = "espalier sensitivity recipes/demo.toml",
                              .define = define};

}  // namespace espalier::cli::train_verbs_::sensitivity_
