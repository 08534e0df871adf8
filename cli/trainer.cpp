#include "cli/trainer.h"

#include <fmt/format.h>

#include <csignal>

#include "cli/verb.h"
#include "espalier/error.h"
#include "experiment/run/trainer.h"

namespace espalier::cli {

bool has_trainer() { return !experiment::trainer_path().empty(); }

void require_trainer(const std::vector<std::string>& arguments) {
    catch_interrupts();
    const experiment::TrainerExit exit = experiment::run_trainer(experiment::trainer_path(), arguments,
                                                                 {.progress = {}, .stop = &interrupted()});
    if (exit.signal == SIGPIPE) end_unread();
    if (exit.signal != 0) throw Error(fmt::format("the trainer was killed by signal {}", exit.signal));
    if (exit.code != 0) throw CLI::RuntimeError(exit.code);
}

}  // namespace espalier::cli
