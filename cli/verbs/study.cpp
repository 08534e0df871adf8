// One recipe as the arms of a study; then latency, table and report.
#include <memory>

#include "cli/experiment.h"
#include "cli/verb.h"

namespace espalier::cli::verbs_::study_ {
namespace {

void define(CLI::App& command) {
    struct Arguments {
        std::string study;
        ExperimentArguments experiment;
    };
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("study", arguments->study, "Which (espalier list studies)")->required();
    add_experiment_options(command, arguments->experiment);
    add_data_parallel_option(command, arguments->experiment.options);
    command.callback([arguments] {
        arguments->experiment.study = arguments->study;
        run_experiment(experiment::RunOptions::Kind::study, arguments->experiment);
    });
}

}  // namespace

extern const Verb study{.name = "study",
                        .summary = "Run the arms of a study: what regularisation, retraining or rewinding do",
                        .example = "espalier study tradeoff recipes/tradeoff.toml",
                        .define = define};

}  // namespace espalier::cli::verbs_::study_
