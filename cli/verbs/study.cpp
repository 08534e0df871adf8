// One recipe as the arms of a study; then latency, table and report. Or, "granularity": a network or a recipe
// in every granularity, on this machine.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/experiment.h"
#include "cli/study_options.h"
#include "cli/verb.h"
#include "espalier/error.h"

namespace espalier::cli::verbs_::study_ {
namespace {

void define(CLI::App& command) {
    struct Arguments {
        std::string study;
        ExperimentArguments experiment;
        GranularityArguments granularity;
    };
    const auto arguments = std::make_shared<Arguments>();
    command
        .add_option("study", arguments->study,
                    "Which (espalier list studies); \"granularity\" also of an ONNX file")
        ->required();
    add_experiment_options(command, arguments->experiment);
    add_data_parallel_option(command, arguments->experiment.options);
    const auto own = add_granularity_options(command, arguments->granularity);
    command.callback([arguments, own] {
        const ExperimentArguments& common = arguments->experiment;
        if (arguments->study == kGranularityStudy) {
            if (!common.run.empty())
                throw InvalidArgument("study: granularity keeps its results in --folder, not in --run");
            if (common.options.data_parallel)
                throw InvalidArgument("study: granularity measures on this machine, without --data-parallel");
            return study_granularity(common.recipe, common.changes, arguments->granularity, common.json,
                                     common.wide);
        }
        for (const CLI::Option* option : own) {
            if (option->count() > 0)
                throw InvalidArgument(fmt::format("study: {} is for \"granularity\"", option->get_name()));
        }
        arguments->experiment.study = arguments->study;
        run_experiment(experiment::RunOptions::Kind::study, arguments->experiment);
    });
}

}  // namespace

extern const Verb study{
    .name = "study",
    .summary = "Run the arms of a study: what regularisation, retraining, rewinding or granularities do",
    .example = "espalier study tradeoff recipes/tradeoff.toml",
    .define = define};

}  // namespace espalier::cli::verbs_::study_
