// A recipe's experiment as a whole: checked, planned, and run in worker processes.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "espalier/lottery.h"
#include "lottery/processes/pool.h"
#include "store/shard.h"
#include "train/ranks/ranks.h"

namespace espalier::lottery {

/// What is known before anything is trained.
struct Prepared {
    Recipe recipe;
    data::Dataset dataset;
    std::vector<StageSpec> stages;
    std::vector<std::string> remarks;  // worth saying, a line each
};

/// Throws BadRecipe and BadData for whatever would fail later.
Prepared prepare(const Recipe& recipe);

struct ExperimentOptions {
    int jobs = 0;  // stages at a time; 0: as many as there are cores for this process
    store::Shard shard = {};
    /// Processes that train every stage together, one stage after another, in place of worker processes; each
    /// of them calls run().
    train::Ranks* ranks = nullptr;
    double checkpoint_seconds = 30;                 // with `ranks`; workers have it in their command line
    std::string version = {};                       // with `ranks`: must be the same for all
    std::vector<std::string> worker = {};           // command line that starts one
    std::map<std::string, std::string> facts = {};  // left in the run
    /// Lines for people: remarks, what was lost and is made again, what the experiment is.
    std::function<void(const std::string& line)> on_line = {};
    std::function<void(const PoolStatus&)> on_change = {};
    const std::atomic<bool>* stop = nullptr;
};

/// Takes the recipe into the run in `folder`, which is made if it is not there, locks the run or the shard of
/// it, and runs every stage of which it lacks something. Throws Interrupted when `stop` is set.
void run(const Prepared& prepared, const std::filesystem::path& folder, const ExperimentOptions& options);

/// As run(), up to where the first stage would run.
store::Run make_ready(const Prepared& prepared, const std::filesystem::path& folder,
                      const ExperimentOptions& options);

/// The stages of a run are planned and timed, none is run: a table of arms, and what is left to do.
std::string describe_plan(const Prepared& prepared, const std::filesystem::path& folder, int jobs,
                          std::size_t width);

}  // namespace espalier::lottery
