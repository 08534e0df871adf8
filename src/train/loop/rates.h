// The learning rate of every step of a training: warm-up, then the recipe's schedule.
#pragma once

#include <cstdint>
#include <vector>

#include "train/learning_rate.h"
#include "train/loop/trainer.h"

namespace espalier::train {

class Rates {
  public:
    /// `job` outlives it.
    Rates(const Job& job, std::int64_t steps_per_epoch);

    double at(std::int64_t step) const;

  private:
    const Job& job_;
    std::int64_t epoch_;
    const LearningRate& schedule_;
    std::vector<std::int64_t> milestones_;
};

}  // namespace espalier::train
