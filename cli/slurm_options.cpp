#include "cli/slurm_options.h"

#include <fmt/format.h>

namespace espalier::cli {

void add_slurm_options(CLI::App& command, SlurmArguments& arguments) {
    CLI::Option* slurm =
        command.add_flag("--slurm", arguments.slurm,
                         "Submit the stages to Slurm as job arrays, with a report at the end, and return");
    slurm->excludes("--shard")->excludes("--jobs")->excludes("--data-parallel")->excludes("--dry-run");
    command.add_option("--partition", arguments.partition, "Slurm's partition")->needs(slurm);
    command
        .add_option("--time", arguments.time,
                    "Time limit of a task, such as 02:00:00; one that needs more is "
                    "queued again and goes on from its checkpoint")
        ->needs(slurm);
    command
        .add_option("--slurm-option", arguments.options,
                    "Word for sbatch, such as --account=a; may be repeated")
        ->needs(slurm)
        ->allow_extra_args(false);
    command
        .add_option("--pack-seconds", arguments.pack_seconds,
                    "Stages that together are estimated to take so long share a task")
        ->needs(slurm)
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
}

std::vector<std::string> to_arguments(const SlurmArguments& arguments) {
    if (!arguments.slurm) return {};
    std::vector<std::string> words = {"--slurm", fmt::format("--pack-seconds={}", arguments.pack_seconds)};
    if (!arguments.partition.empty()) words.push_back("--partition=" + arguments.partition);
    if (!arguments.time.empty()) words.push_back("--time=" + arguments.time);
    for (const std::string& option : arguments.options) words.push_back("--slurm-option=" + option);
    return words;
}

std::vector<std::string> sbatch_options(const SlurmArguments& arguments) {
    std::vector<std::string> words;
    if (!arguments.partition.empty()) words.push_back("--partition=" + arguments.partition);
    if (!arguments.time.empty()) words.push_back("--time=" + arguments.time);
    words.insert(words.end(), arguments.options.begin(), arguments.options.end());
    return words;
}

}  // namespace espalier::cli
