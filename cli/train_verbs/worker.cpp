// Trains stages of a run, as its parent asks on standard input. Not for people.
#include <memory>

#include "cli/verb.h"
#include "espalier/lottery.h"
#include "lottery/pool.h"

namespace espalier::cli::train_verbs_ {
namespace {

void define(CLI::App& command) {
    const auto folder = std::make_shared<std::string>();
    command.add_option("run", *folder, "Folder of the run")->required();
    command.callback([folder] {
        store::Run run = store::Run::open(*folder);
        const Recipe recipe = Recipe::from_text(run.recipe(), (run.folder() / "recipe.toml").string());
        const data::Dataset dataset = data::load(lottery::source_of(recipe));
        lottery::serve(lottery::plan(recipe, dataset), recipe, dataset, run);
    });
}

}  // namespace

extern const Verb worker{.name = "worker",
                         .summary = "Train stages as a parent process asks",
                         .example = "espalier-train worker runs/demo",
                         .define = define};

}  // namespace espalier::cli::train_verbs_
