// Train the dense network of a recipe.
#include "cli/stages.h"
#include "cli/verb.h"

namespace espalier::cli::train_verbs_::train_ {
namespace {

Recipe change(const Recipe& recipe) { return recipe.dense_only(); }

void define(CLI::App& command) { define_stage_verb(command, change); }

}  // namespace

extern const Verb train{.name = "train",
                        .summary = "Train the dense network of a recipe",
                        .example = "espalier train recipes/demo.toml",
                        .define = define};

}  // namespace espalier::cli::train_verbs_::train_
