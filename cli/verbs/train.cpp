// Trains the dense network of a recipe; then latency, table and report.
#include "cli/experiment.h"
#include "cli/verb.h"

namespace espalier::cli::verbs_::train_ {

extern const Verb train{.name = "train",
                        .summary = "Train the dense network of a recipe",
                        .example = "espalier train recipes/demo.toml",
                        .define = [](CLI::App& command) {
                            define_experiment_verb(command, experiment::RunOptions::Kind::train);
                        }};

}  // namespace espalier::cli::verbs_::train_
