// Train, prune and retrain by a recipe, without controls.
#include "cli/stages.h"
#include "cli/verb.h"

namespace espalier::cli::train_verbs_::prune_ {

extern const Verb prune{
    .name = "prune",
    .summary = "Train, prune and retrain by a recipe, without controls",
    .example = "espalier prune recipes/demo.toml",
    .define = [](CLI::App& command) { define_stage_verb(command, &Recipe::without_controls); }};

}  // namespace espalier::cli::train_verbs_::prune_
