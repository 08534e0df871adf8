// A run's stages as jobs of Slurm, and what the run's folder says of them:
//   RUN/slurm/packs        a line a task: ARRAY TASK HASH HASH ...
//   RUN/slurm/jobs         a line a submitted array: its number with Slurm
//   RUN/slurm/array-A.sh   what Slurm starts, array-A-T.log what a task printed
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lottery/experiment.h"

namespace espalier::lottery {

struct SlurmOptions {
    std::vector<std::string> words = {};  // of sbatch: "--partition=main", "--time=02:00:00"
    double pack_seconds = 600;            // short stages that together take so long share a task
    double checkpoint_seconds = 30;
    std::string trainer;  // this program
    std::string program;  // `espalier`, which measures and reports when all stages have ended
};

/// Plans what the run lacks, and submits it: arrays one behind the other, then one job that measures and
/// reports. Returns a line for people. Throws Error with Slurm's own words where it refuses, after taking
/// back what it had accepted, and where earlier jobs of this run are still queued; InvalidArgument for a time
/// limit within which a task cannot go on.
std::string submit_run(const Prepared& prepared, const std::filesystem::path& folder,
                       const ExperimentOptions& options, const SlurmOptions& slurm);

/// The stages, by hash, of one task. Throws BadData if the run has no such task.
std::vector<std::string> task_of(const std::filesystem::path& folder, std::int64_t array, std::int64_t task);

/// The numbers of the jobs that were submitted last; none where nothing was.
std::vector<std::int64_t> jobs_of_run(const std::filesystem::path& folder);

struct TaskOptions {
    double checkpoint_seconds = 30;
    double lease_seconds = 60;
    std::function<void(const std::string&)> on_line = {};
    const std::atomic<bool>* stop = nullptr;
};

/// Does the stages of a task that the run still lacks, one after another; waits for those that another
/// process works on. A stage that fails keeps back what needs it; the others go on, and its failure is thrown
/// at the end. Throws Interrupted.
void run_task(const std::vector<StageSpec>& stages, const std::vector<std::string>& hashes,
              const Recipe& recipe, const data::Dataset& dataset, store::Run& run,
              const TaskOptions& options);

}  // namespace espalier::lottery
