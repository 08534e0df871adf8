// How a unit's score is made of the scores of its weights. Scores of most criteria are not negative; the few
// that are (Criterion::is_signed) keep their sign, so that a weight that scores more never makes its unit
// score less.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/table.h"

namespace espalier::prune {

struct UnitNorm {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    /// What a sum starts from, and what a pruned weight counts as.
    float neutral = 0;
    /// Units of more weights have greater sums. Those at the edge of a layer that its units do not divide
    /// (4 outputs a unit, of 10) then count as whole ones of the same mean; else they would be cut for their
    /// size.
    bool grows_with_size = false;
    /// Adds scores[u * width + i], i < width, to sums[u].
    void (*add)(double* sums, const float* scores, std::int64_t units, std::int64_t width) = nullptr;
    /// Scores of units from their sums and the numbers of weights left of them, each at least one.
    void (*finish)(const double* sums, const std::int64_t* weights, std::span<float> scores) = nullptr;
};

/// The files of prune/unit_norms.
const Table<UnitNorm>& unit_norms();

struct Sum {
    double operator()(double sum, double score) const { return sum + score; }
    double merge(double a, double b) const { return a + b; }
};

/// sums[u] = combine(sums[u], score), for each score of unit u: the loop of every `add`. `combine` is
/// associative but for rounding: a long unit is taken in eight parts, which makes vectors of it.
template <class Combine>
void add_with(double* sums, const float* scores, std::int64_t units, std::int64_t width, double neutral,
              Combine combine) {
    constexpr std::int64_t kParts = 8;
    if (width == 1) {
        for (std::int64_t u = 0; u < units; ++u) sums[u] = combine(sums[u], static_cast<double>(scores[u]));
        return;
    }
    for (std::int64_t u = 0; u < units; ++u, scores += width) {
        std::int64_t i = 0;
        if (width >= 2 * kParts) {
            double parts[kParts];
            std::fill_n(parts, kParts, neutral);
            for (; i + kParts <= width; i += kParts) {
                for (std::int64_t p = 0; p < kParts; ++p)
                    parts[p] = combine(parts[p], static_cast<double>(scores[i + p]));
            }
            for (const double part : parts) sums[u] = combine.merge(sums[u], part);
        }
        for (; i < width; ++i) sums[u] = combine(sums[u], static_cast<double>(scores[i]));
    }
}

/// scores[u] = sums[u]: `finish` of norms that are sums.
inline void finish_sums(const double* sums, const std::int64_t*, std::span<float> scores) {
    for (std::size_t u = 0; u < scores.size(); ++u) scores[u] = static_cast<float>(sums[u]);
}

}  // namespace espalier::prune
