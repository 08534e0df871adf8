// Run the stages of a study.
#include "lottery/plan/study.h"

#include "cli/stages.h"
#include "cli/verb.h"

namespace espalier::cli::train_verbs_::study_ {
namespace {

void define(CLI::App& command) {
    const auto name = std::make_shared<std::string>();
    command.add_option("--study", *name, "Which")->required();
    define_stage_verb(
        command, [name](const Recipe& recipe) { return lottery::expand(*name, recipe); },
        [name] {
            return std::map<std::string, std::string>{{"study", *name}};
        });
}

}  // namespace

extern const Verb study{.name = "study",
                        .summary = "Run the stages of a study",
                        .example = "espalier study tradeoff recipes/tradeoff.toml",
                        .define = define};

}  // namespace espalier::cli::train_verbs_::study_
