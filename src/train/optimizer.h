// How a step moves the weights. One file in train/optimizers each: plain loops over floats, fused with the
// mask, so a pruned weight, its gradient and its state are exactly zero after every step.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/recipe.h"

namespace espalier::train {

/// One tensor in one step. All pointers have `count` elements.
struct ParameterStep {
    std::int64_t count = 0;
    float* weight = nullptr;
    float* gradient = nullptr;         // masked in place
    const float* mask = nullptr;       // 1 kept, 0 pruned; nullptr: all kept
    std::array<float*, 2> state = {};  // zero before the first step
};

struct Optimizer {
    std::string_view name;
    std::string_view summary;
    int states = 0;  // floats of memory a weight needs
    /// `step` counts updates since the optimiser's state was zero, from 1.
    void (*update)(const ParameterStep& parameter, const Recipe::Optimizer& settings, std::int64_t step);
    std::span<const ReadKey> reads = {};  // of train.optimizer, beside what all read
};

const Table<Optimizer>& optimizers();

}  // namespace espalier::train
