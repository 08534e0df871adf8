// How espalier-train is started, as git starts its subcommands: LibTorch takes 0.4 s to load, and a crash of
// it costs a training, not the program that asked for one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "espalier/experiment.h"

namespace espalier::experiment {

struct TrainerExit {
    int code = 0;                // 0, 1 (failed) or 2 (bad usage, bad recipe)
    int signal = 0;              // that killed it
    std::string last_line = {};  // of its standard error, if that was watched
};

/// Throws Unsupported, and says how to get one, for an empty `program`: there is no trainer.
void check_trainer(const std::filesystem::path& program);

/// Runs `program` with these arguments and waits. With `watch.progress` its output is read, and told as
/// progress; else it has the output of this process, and speaks for itself. When `watch.stop` is set it is
/// asked to stop at a safe point. Throws IoError, and as check_trainer() does.
TrainerExit run_trainer(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                        const Watch& watch);

/// What it prints. Throws Error with its own words unless it ends well.
std::string trainer_output(const std::filesystem::path& program, const std::vector<std::string>& arguments);

}  // namespace espalier::experiment
