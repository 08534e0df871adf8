#include "cli/run_options.h"

#include <fmt/format.h>

namespace espalier::cli {

void add_run_options(CLI::App& command, RunOptions& options) {
    command.add_option("--jobs", options.jobs, "Stages at a time, one core each (default: all cores)")
        ->check(CLI::Range(0, 1024));
    command
        .add_option("--checkpoint-seconds", options.checkpoint_seconds,
                    "Between checkpoints of a stage in training, 0: after every step")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
}

std::vector<std::string> to_arguments(const RunOptions& options) {
    return {"--jobs", std::to_string(options.jobs), "--checkpoint-seconds",
            fmt::format("{}", options.checkpoint_seconds)};
}

}  // namespace espalier::cli
