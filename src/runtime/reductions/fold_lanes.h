// Folds over floats: several accumulators side by side, which the compiler keeps in vectors and
// which do not wait for each other.
#pragma once

#include <cstdint>

namespace espalier::runtime {

// More than the 16 up to which g++ unrolls the loop over them away, before it vectorises: ten times slower
// for a maximum.
inline constexpr std::int64_t kLanes = 32;

/// combine(...combine(step(start, x[0]), ...)): `step` takes an element in, `combine` puts two accumulators
/// together.
template <class Acc, class Step, class Combine>
Acc fold_lanes(const float* x, std::int64_t count, Acc start, const Step& step, const Combine& combine) {
    Acc lanes[kLanes];
    for (Acc& lane : lanes) lane = start;
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        for (std::int64_t k = 0; k < kLanes; ++k) lanes[k] = step(lanes[k], x[i + k]);
    }
    Acc all = start;
    for (const Acc lane : lanes) all = combine(all, lane);
    for (; i < count; ++i) all = step(all, x[i]);
    return all;
}

}  // namespace espalier::runtime
