// Trains stages of a run, as its parent asks on standard input. Not for people.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <thread>

#include "cli/verb.h"
#include "espalier/lottery.h"
#include "lottery/processes/pool.h"

namespace espalier::cli::train_verbs_::worker_ {
namespace {

/// Whatever the main thread is at: a worker without its parent would meet the next one in the run. The parent
/// keeps its end of the socket open for as long as it lives.
void end_with_parent() {
    std::thread([] {
        pollfd input{STDIN_FILENO, 0, 0};  // hanging up is told unasked
        while (::poll(&input, 1, -1) < 0 && errno == EINTR) {
        }
        ::kill(::getpid(), SIGKILL);
    }).detach();
}

void define(CLI::App& command) {
    struct Arguments {
        std::string folder;
        double checkpoint_seconds = 30;
    };
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("run", arguments->folder, "Folder of the run")->required();
    command.add_option("--checkpoint-seconds", arguments->checkpoint_seconds, "Between checkpoints");
    command.callback([arguments] {
        end_with_parent();
        catch_termination();  // SIGINT is the parent's
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

}  // namespace espalier::cli::train_verbs_::worker_
