// How the positions of an image are cut into panels.
#pragma once

#include <algorithm>
#include <cstdint>

namespace espalier::kernels {

/// Panels of at most `most` lanes, in order. `even`: of about as many vectors each (14 x 14 positions, in
/// vectors of 8, are panels of 48, 48, 48 and 52), an even number of them where there are more than one, so
/// that two threads, or four, have the same to do; else all but the last are full. It never depends on the
/// threads: the width of a panel decides in which order sums are added.
class PanelDivision {
  public:
    PanelDivision(std::int64_t positions, std::int64_t most, std::int64_t vector, bool even)
        : positions_(positions), vector_(vector) {
        vectors_ = (positions + vector - 1) / vector;
        full_ = most / vector;
        count_ = (vectors_ + full_ - 1) / full_;
        if (even) {
            if (count_ > 1 && count_ < vectors_) count_ += count_ % 2;
            full_ = 0;
        }
    }

    std::int64_t count() const { return count_; }
    /// First position of a panel; of panel count(): behind the last position.
    std::int64_t begin(std::int64_t panel) const {
        const std::int64_t vectors = full_ > 0 ? panel * full_ : panel * vectors_ / count_;
        return std::min(vectors * vector_, positions_);
    }
    std::int64_t size(std::int64_t panel) const { return begin(panel + 1) - begin(panel); }
    /// Positions that one of `threads` computes at most where all panels are there `times` over: a small last
    /// one goes to whoever has fewer.
    std::int64_t busiest(std::int64_t times, std::int64_t threads) const {
        if (count_ == 0) return 0;
        std::int64_t most = 0;
        for (std::int64_t panel = 0; panel < count_; ++panel) most = std::max(most, size(panel));
        const std::int64_t last = size(count_ - 1);
        const bool is_small = 2 * last < most;
        const std::int64_t large = times * (is_small ? count_ - 1 : count_);
        const std::int64_t each = (large + threads - 1) / threads;
        return each * most + (is_small && large % threads == 0 ? last : 0);
    }

  private:
    std::int64_t positions_;
    std::int64_t vector_;       // lanes
    std::int64_t vectors_ = 0;  // in all
    std::int64_t full_ = 0;     // vectors of a panel; 0: as even as can be
    std::int64_t count_ = 0;
};

}  // namespace espalier::kernels
