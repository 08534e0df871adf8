// Stages one after another, each trained by several processes together: the other way than a pool
// (lottery/processes/pool.h), for one network that takes long rather than many that do not.
#pragma once

#include "lottery/processes/pool.h"
#include "store/lease.h"
#include "train/ranks/ranks.h"

namespace espalier::lottery {

/// Throws Error, the same on all ranks, unless all have this version, recipe and data.
void require_same_experiment(const std::string& version, const Recipe& recipe, const data::Dataset& dataset,
                             train::Ranks& ranks);

struct TogetherOptions {
    double checkpoint_seconds = 30;
    /// After which a lost holder's lease has ended; a stage that is held is waited for twice as long.
    double lease_seconds = store::Leases::kSeconds;
    std::function<void(const PoolStatus&)> on_change = {};  // on the first rank
    const std::atomic<bool>* stop = nullptr;                // on any: all stop after the same step
};

/// Runs every stage of which `run` lacks something; all ranks call it. Throws what a stage throws, Error
/// where another process keeps a stage or takes it over, and Interrupted.
void run_together(const std::vector<StageSpec>& stages, const Recipe& recipe, const data::Dataset& dataset,
                  store::Run& run, train::Ranks& ranks, const TogetherOptions& options);

}  // namespace espalier::lottery
