// Iterative pruning with rewinding, controls and replicates; then latency, table and report.
#include "cli/experiment.h"
#include "cli/verb.h"

namespace espalier::cli::verbs_::ticket_ {

extern const Verb ticket{.name = "ticket",
                         .summary = "Search lottery tickets: prune, rewind, retrain, with controls",
                         .example = "espalier ticket recipes/demo.toml",
                         .define = [](CLI::App& command) {
                             define_experiment_verb(command, experiment::RunOptions::Kind::ticket);
                         }};

}  // namespace espalier::cli::verbs_::ticket_
