// How far a run is.
#include <iostream>
#include <memory>

#include "cli/verb.h"
#include "lottery/cluster/status.h"

namespace espalier::cli::train_verbs_::status_ {
namespace {

void define(CLI::App& command) {
    const auto folder = std::make_shared<std::string>();
    command.add_option("run", *folder, "Folder of the run")->required();
    command.callback([folder] {
        const store::Run run = store::Run::open(*folder);
        const Recipe recipe = Recipe::from_text(run.recipe(), (run.folder() / "recipe.toml").string());
        const data::Dataset dataset = data::load(lottery::source_of(recipe));
        for (const std::string& line : lottery::describe_status(run, lottery::plan(recipe, dataset), recipe))
            std::cout << line << '\n';
    });
}

}  // namespace

extern const Verb status{.name = "status",
                         .summary = "Tell how far a run is",
                         .example = "espalier-train status runs/demo",
                         .define = define};

}  // namespace espalier::cli::train_verbs_::status_
