// Slurm's commands, as processes: sbatch, squeue, scancel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace espalier::lottery {

struct CommandResult {
    int code = 0;
    std::string output;  // standard output
    std::string errors;  // the first line of standard error
};

/// Runs words[0], looked for in PATH, to its end. Code 127 where there is no such program. Throws IoError.
CommandResult run_command(const std::vector<std::string>& words);

/// How Slurm is asked for one job array.
struct SlurmJob {
    std::string name;
    std::string script;  // file
    std::string output;  // "FOLDER/array-0-%a.log"
    std::size_t tasks = 1;
    std::optional<std::int64_t> after;  // a job that must have ended
    std::vector<std::string> options;   // "--partition=p", as the user gives them
    bool is_told_of_limit = false;      // by USR1, kSecondsBeforeLimit before it: its script handles that
};

inline constexpr int kSecondsBeforeLimit = 60;  // when a job is told that its time is up

/// Throws InvalidArgument for a "--time=T" of sbatch, or "-tT", that ends when its task is told: the task
/// would leave a checkpoint and be queued again for ever.
void require_enough_time(const std::vector<std::string>& options);

/// The words of its sbatch.
std::vector<std::string> sbatch_words(const SlurmJob& job);

/// Submits it and gives its number. Throws Error with what Slurm says, Unsupported where it is not installed.
std::int64_t submit(const SlurmJob& job);

/// "2 running, 5 pending", of these jobs; "" if none is queued any more. Throws as submit().
std::string queued(const std::vector<std::int64_t>& jobs);

/// Takes them out of the queue; what fails is left to Slurm.
void cancel(const std::vector<std::int64_t>& jobs);

}  // namespace espalier::lottery
