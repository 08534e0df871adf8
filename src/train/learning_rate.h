// How the learning rate changes along training. One file in train/learning_rates each.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/read_key.h"
#include "base/table.h"

namespace espalier::train {

/// Where a step stands.
struct LearningRatePoint {
    std::int64_t step = 0;    // updates done, counted from the start of the whole training
    std::int64_t warmup = 0;  // steps of linear rise before; `step` >= `warmup` here
    std::int64_t end = 1;     // steps of the whole training
    const std::vector<std::int64_t>& milestones;
    double decay = 0.1;
};

struct LearningRate {
    std::string_view name;
    std::string_view summary;
    /// Factor of the base rate, in [0, 1].
    double (*factor)(const LearningRatePoint& point);
    std::span<const ReadKey> reads = {};
};

const Table<LearningRate>& learning_rates();

}  // namespace espalier::train
