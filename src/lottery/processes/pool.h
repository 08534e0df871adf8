// Stages side by side, each worker a process of its own with one core: a crash costs one stage.
//
// The parent writes a stage's hash, a line, to a worker's standard input; the worker answers on its standard
// output:
//   progress HASH STEP LAST_STEP LOSS VALIDATION_ACCURACY EXAMPLES_PER_SECOND
//   done HASH
//   busy HASH            another process, of another pool on the same run, works on it
//   failed HASH MESSAGE
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "espalier/lottery.h"

namespace espalier::lottery {

struct PoolStatus {
    std::int64_t steps_done = 0;  // of this call, stages in progress included
    std::int64_t steps_total = 0;
    std::size_t stages_done = 0;  // in the run, earlier calls included
    std::size_t stages_total = 0;
    std::size_t stage = 0;  // the one that changed
    bool finished = false;  // it has just finished
    double loss = 0;        // of its last batch
    double validation_accuracy = 0;
    double examples_per_second = 0;  // of all workers together
};

struct PoolOptions {
    int jobs = 2;
    int shard = 0;  // of `shards` pools on the same run: which stages it takes first
    int shards = 1;
    std::vector<std::string> worker;  // command line that starts one
    std::function<void(const PoolStatus&)> on_change;
    const std::atomic<bool>* stop = nullptr;  // set by a signal handler
};

/// "ticket at level 1, replicate 0", or "the dense network, replicate 0"
std::string describe(const StageSpec& stage);

/// Runs every stage of which `run` lacks something (lottery/plan/missing.h), and waits for those that other
/// pools work on. A failed stage keeps its children from running; the others go on, and the failure of the
/// first stage that has one is thrown at the end. Throws Interrupted when `stop` is set.
void run_all(const std::vector<StageSpec>& stages, const Recipe& recipe, const store::Run& run,
             const PoolOptions& options);

/// The worker's side: answers until standard input ends, or `stop` is set; a stage in hand then leaves a
/// checkpoint.
void serve(const std::vector<StageSpec>& stages, const Recipe& recipe, const data::Dataset& dataset,
           store::Run& run, double checkpoint_seconds, const std::atomic<bool>& stop);

}  // namespace espalier::lottery
