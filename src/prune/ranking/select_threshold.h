// Where a ranking is cut. Units go in the order of their scores, the least first; of equal ones the last in
// position goes first. They go as long as the sum of their costs stays within a budget. Nothing is sorted:
// see cut.cpp.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "prune/ranking/unit_scores.h"

namespace espalier::prune {

/// What costs.
enum class Measure : std::uint8_t { weights, units };

/// One weight tensor in a ranking.
struct RankedTensor {
    const UnitScores* scores = nullptr;
    double cost = 1;  // of each weight, or of each unit
    Mask* mask = nullptr;
};

struct RankCount {
    std::int64_t units = 0;
    std::int64_t weights = 0;

    RankCount& operator+=(const RankCount& other) {
        units += other.units;
        weights += other.weights;
        return *this;
    }
};

struct Cut {
    static constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

    /// Prunes every score below, and ties at or after this position.
    float score = kPrunedScore;
    std::size_t tensor = kNobody;
    std::int64_t unit = 0;
    std::vector<RankCount> taken = {};  // of each tensor
    bool is_written = false;            // in the tensors' masks

    bool takes(float other, std::size_t other_entrant, std::int64_t other_unit) const {
        if (other != score) return other < score;
        if (other_entrant != tensor) return other_entrant > tensor;
        return other_unit >= unit;
    }
};

/// The largest cut that costs at most `budget`. The same for any number of threads. Entrants that have masks
/// may find them cut when this returns (Cut::is_written); otherwise masks are as they were, all that is left
/// set.
Cut find_cut(std::span<const RankedTensor> tensors, Measure measure, double budget, int threads);

/// Sets in the mask everything that was left before.
void restore(const UnitScores& scores, Mask& mask);

}  // namespace espalier::prune
