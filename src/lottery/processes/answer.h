// The worker's side of the lines between a pool and its workers (lottery/processes/pool.h).
#pragma once

#include <atomic>
#include <functional>

#include "espalier/lottery.h"

namespace espalier::lottery {

/// Does a stage; false if another process works on it.
using DoStage = std::function<bool(std::size_t stage, const StageOptions& options)>;

/// Answers on standard output until standard input ends, or `stop` is set.
void answer(const std::vector<StageSpec>& stages, double checkpoint_seconds, const std::atomic<bool>& stop,
            const DoStage& work);

}  // namespace espalier::lottery
