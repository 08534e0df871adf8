// Run the stages of a lottery-ticket experiment.
#include "cli/stages.h"
#include "cli/verb.h"

namespace espalier::cli::train_verbs_::ticket_ {

extern const Verb ticket{.name = "ticket",
                         .summary = "Run the stages of a lottery-ticket experiment",
                         .example = "espalier ticket recipes/demo.toml",
                         .define = [](CLI::App& command) {
                             define_stage_verb(command, [](const Recipe& recipe) { return recipe; });
                         }};

}  // namespace espalier::cli::train_verbs_::ticket_
