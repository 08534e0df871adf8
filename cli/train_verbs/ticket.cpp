// Run the stages of a lottery-ticket experiment.
#include "cli/stages.h"
#include "cli/verb.h"

namespace espalier::cli::train_verbs_::ticket_ {
namespace {

Recipe change(const Recipe& recipe) { return recipe; }

void define(CLI::App& command) { define_stage_verb(command, change); }

}  // namespace

extern const Verb ticket{.name = "ticket",
                         .summary = "Run the stages of a lottery-ticket experiment",
                         .example = "espalier ticket recipes/demo.toml",
                         .define = define};

}  // namespace espalier::cli::train_verbs_::ticket_
