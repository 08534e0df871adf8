// Trains stages of a run, as its parent asks on standard input. Not for people.
#include <memory>

#include "cli/verb.h"
#include "espalier/lottery.h"
#include "lottery/pool.h"

namespace espalier::cli::train_verbs_ {
namespace {

void define(CLI::App& command) {
    struct Arguments {
        std::string folder;
        double checkpoint_seconds = 30;
    };
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("run", arguments->folder, "Folder of the run")->required();
    command.add_option("--checkpoint-seconds", arguments->checkpoint_seconds, "Between checkpoints");
    command.callback([arguments] {
        catch_interrupts();
        store::Run run = store::Run::open(arguments->folder);
        const Recipe recipe = Recipe::from_text(run.recipe(), (run.folder() / "recipe.toml").string());
        const data::Dataset dataset = data::load(lottery::source_of(recipe));
        lottery::serve(lottery::plan(recipe, dataset), recipe, dataset, run, arguments->checkpoint_seconds,
                       interrupted());
    });
}

}  // namespace

extern const Verb worker{.name = "worker",
                         .summary = "Train stages as a parent process asks",
                         .example = "espalier-train worker runs/demo",
                         .define = define};

}  // namespace espalier::cli::train_verbs_
