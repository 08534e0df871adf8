// Iterative pruning with rewinding, controls and replicates; then latency, table and report.
#include <memory>

#include "cli/experiment.h"
#include "cli/verb.h"

namespace espalier::cli::verbs_::ticket_ {
namespace {

void define(CLI::App& command) {
    const auto arguments = std::make_shared<ExperimentArguments>();
    add_experiment_options(command, *arguments);
    command.callback([arguments] { run_experiment(experiment::RunOptions::Kind::ticket, *arguments); });
}

}  // namespace

extern const Verb ticket{.name = "ticket",
                         .summary = "Search lottery tickets: prune, rewind, retrain, with controls",
                         .example = "espalier ticket recipes/demo.toml",
                         .define = define};

}  // namespace espalier::cli::verbs_::ticket_
