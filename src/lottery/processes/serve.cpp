#include <memory>

#include "lottery/processes/answer.h"
#include "lottery/processes/leased.h"
#include "lottery/processes/pool.h"

namespace espalier::lottery {

void serve(const std::vector<StageSpec>& stages, const Recipe& recipe, const data::Dataset& dataset,
           store::Run& run, double checkpoint_seconds, const std::atomic<bool>& stop) {
    store::Leases leases;
    answer(stages, checkpoint_seconds, stop, [&](std::size_t stage, const StageOptions& options) {
        return with_lease(run, stages[stage], leases, options, [&](const StageOptions& own) {
            run_stage(stages, stage, recipe, dataset, run, own);
        });
    });
}

}  // namespace espalier::lottery
