// Where a layer's candidates are timed.
#pragma once

#include <functional>
#include <vector>

#include "runtime/execute/memory_plan.h"
#include "runtime/tuning/layer_trials.h"

namespace espalier::runtime {

/// Memory for timing a layer by itself: operands, output and scratch. What is not constant is random.
class TrialMemory {
  public:
    TrialMemory(const LoweringContext& site, const Layer& layer);

    /// Runs the trial's kernel, which must be there.
    std::function<void()> body(const Trial& trial);

  private:
    Arena data_;
    std::vector<Arena> scratch_;
    std::vector<Operand> operands_;
    Result output_;
};

}  // namespace espalier::runtime
