#include "cli/run_options.h"

#include <fmt/format.h>

namespace espalier::cli {

std::vector<CLI::Option*> add_run_options(CLI::App& command, RunOptions& options) {
    return {command
                .add_option("--jobs", options.jobs,
                            "Trainings at a time, one core each (default: as many as there are cores)")
                ->check(CLI::Range(0, 1024)),
            command
                .add_option("--checkpoint-seconds", options.checkpoint_seconds,
                            "Seconds between checkpoints of a training, 0: one after every step")
                ->check(CLI::NonNegativeNumber)
                ->capture_default_str(),
            command.add_option(
                "--shard", options.shard,
                "I/N: one of N processes, on machines that share the folder, that divide the stages; "
                "auto: the rank that mpirun, torchrun or Slurm set (default: all of the stages)"),
            command.add_flag("--dry-run", options.dry_run,
                             "Print the stages and an estimate of the time, and stop")};
}

CLI::Option* add_data_parallel_option(CLI::App& command, RunOptions& options) {
    return command
        .add_flag(
            "--data-parallel", options.data_parallel,
            "The processes that mpirun, torchrun or srun started train every stage together, each with its "
            "share of train.shards; to the same bytes, however many they are")
        ->excludes("--shard")
        ->excludes("--jobs");
}

std::vector<std::string> to_arguments(const RunOptions& options) {
    std::vector<std::string> words = {"--checkpoint-seconds", fmt::format("{}", options.checkpoint_seconds)};
    if (options.jobs > 0) words.insert(words.end(), {"--jobs", std::to_string(options.jobs)});
    if (options.data_parallel) words.emplace_back("--data-parallel");
    if (!options.shard.empty()) words.insert(words.end(), {"--shard", options.shard});
    if (options.dry_run) words.emplace_back("--dry-run");
    return words;
}

}  // namespace espalier::cli
