// Train the dense network of a recipe.
#include "cli/stages.h"
#include "cli/verb.h"

namespace espalier::cli::train_verbs_::train_ {

extern const Verb train{.name = "train",
                        .summary = "Train the dense network of a recipe",
                        .example = "espalier train recipes/demo.toml",
                        .define = [](CLI::App& command) { define_stage_verb(command, &Recipe::dense_only); }};

}  // namespace espalier::cli::train_verbs_::train_
