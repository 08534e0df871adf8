// The units of one weight with their scores, computed when asked for and never all at once: ranking a hundred
// million weights needs no second hundred million floats.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "prune/criterion.h"
#include "prune/ranking/unit_norm.h"
#include "prune/units/tiling.h"

namespace espalier::prune {

/// The score of a unit that is gone already: below every other, so that it never counts as kept.
inline constexpr float kPrunedScore = -std::numeric_limits<float>::infinity();

class UnitScores {
  public:
    /// Everything referred to must outlive this. `scored.current` decides which units are left.
    UnitScores(const Scored& scored, const Criterion& criterion, const UnitNorm& norm, Tile tile,
               int threads);

    const std::string& name() const { return scored_.candidate.name; }
    const Candidate& candidate() const { return scored_.candidate; }
    const Layout& layout() const { return scored_.layout; }
    const Mask* current() const { return scored_.current; }
    const Tiling& tiling() const { return tiling_; }
    const Criterion& criterion() const { return criterion_; }
    std::int64_t units() const { return tiling_.units(); }
    std::int64_t units_left() const { return units_left_; }
    std::int64_t weights_left() const { return weights_left_; }

    /// How many units to ask for at a time, at most: what fits the first-level cache, whole words of bits if
    /// it can.
    std::int64_t chunk() const { return chunk_; }
    /// Scores of the units first, first + 1, ..., at most chunk() of them; kPrunedScore for those that are
    /// gone. Throws InvalidArgument if one is NaN or infinite.
    void score(std::int64_t first, std::span<float> scores) const;
    /// The same without a look at whether single weights have finite scores.
    void score_unchecked(std::int64_t first, std::span<float> scores) const;
    /// Where the weight of a unit lies in memory, if units are single weights; else nullptr.
    const float* memory_of(std::int64_t unit) const {
        return tiling_.is_single() ? scored_.candidate.weight.data() + unit : nullptr;
    }
    /// Weights left of each.
    void sizes(std::int64_t first, std::span<std::int64_t> sizes) const;
    /// Weights left of every unit that is left, if all are alike.
    std::optional<std::int64_t> even_size() const { return even_size_; }

  private:
    void count_left(int threads);
    void keep_all_scores(int threads);
    void score_weights(std::int64_t first, std::span<float> scores, bool checked) const;
    void score_pieces(std::int64_t first, std::span<const std::int64_t> left, std::span<float> scores) const;
    std::int64_t size_of(std::int64_t top, std::int64_t height, std::int64_t left, std::int64_t width) const;
    void scale_to_whole(const Tiling::Piece& piece, double* sums) const;
    void add_row(std::int64_t row, const Tiling::Piece& piece, double* sums) const;
    void check(std::int64_t first, std::span<const float> scores) const;

    Scored scored_;
    const Criterion& criterion_;
    const UnitNorm& norm_;
    Tiling tiling_;
    std::int64_t chunk_ = 0;
    std::int64_t units_left_ = 0;
    std::int64_t weights_left_ = 0;
    std::optional<std::int64_t> even_size_;
    std::vector<float> all_scores_;  // of a costly criterion
};

}  // namespace espalier::prune
