// Constant fan-in, one move of SRigL in a layer. With n weights left in a outputs, k = n / a, and K = floor(f
// n):
//   1. stay = the n - K best by `drop`; grow = the K best of everything that is not left by `growth`
//   2. an output of which fewer than max(1, 0.3 k) weights are in stay or grow goes as a whole
//   3. k' = floor(n / outputs left); of each output the k' best of stay, filled up to k' by `growth`
// Lasby et al. 2023, "Dynamic Sparse Training with Structured Sparsity", section 3.
#pragma once

#include <cstdint>
#include <span>

#include "espalier/mask.h"
#include "prune/units/matrix_view.h"

namespace espalier::prune {

struct FanInMove {
    const Layout& layout;
    const Mask& current;
    std::span<const float> drop, growth;  // scores of every weight
    double fraction = 0;                  // f; 0: only made even, and no output goes
    bool whole = false;                   // no output goes
};

Mask with_equal_fan_in(const FanInMove& move);

}  // namespace espalier::prune
