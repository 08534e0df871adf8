// How a unit's score is made of the scores of its weights. Scores of most criteria are not negative; the few
// that are (Criterion::is_signed) keep their sign, so that a weight that scores more never makes its unit
// score less.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/table.h"

namespace espalier::prune {

struct UnitNorm {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    /// What a sum starts from, and what a pruned weight counts as.
    float neutral = 0;
    /// Adds scores[u * width + i], i < width, to sums[u].
    void (*add)(double* sums, const float* scores, std::int64_t units, std::int64_t width) = nullptr;
    /// The score of a unit that `weights` weights are left of, at least one.
    double (*finish)(double sum, std::int64_t weights) = nullptr;
};

/// The files of prune/unit_norms.
const Table<UnitNorm>& unit_norms();

/// sums[u] = combine(sums[u], score), for each score of unit u: the loop of every `add`.
template <class Combine>
void add_with(double* sums, const float* scores, std::int64_t units, std::int64_t width, Combine combine) {
    if (width == 1) {  // its own loop: this one is made of vectors
        for (std::int64_t u = 0; u < units; ++u) sums[u] = combine(sums[u], static_cast<double>(scores[u]));
        return;
    }
    for (std::int64_t u = 0; u < units; ++u) {
        double sum = sums[u];
        for (std::int64_t i = 0; i < width; ++i) sum = combine(sum, static_cast<double>(*scores++));
        sums[u] = sum;
    }
}

}  // namespace espalier::prune
