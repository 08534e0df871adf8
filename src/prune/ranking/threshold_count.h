// Counts of the scores below and within an interval: what selection by threshold is made of.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "prune/ranking/chunks.h"
#include "prune/ranking/select_threshold.h"

namespace espalier::prune {

/// A unit in the order in which units go.
struct Ranked {
    float score;
    std::uint32_t tensor;
    std::int64_t unit;
};

/// A type and not a function, so that algorithms inline it.
struct GoesBefore {
    bool operator()(const Ranked& a, const Ranked& b) const {
        if (a.score != b.score) return a.score < b.score;
        if (a.tensor != b.tensor) return a.tensor > b.tensor;
        return a.unit > b.unit;
    }
};

/// Scores from `low` to `high`, both included.
struct Bracket {
    float low = std::numeric_limits<float>::lowest();
    float high = std::numeric_limits<float>::max();
};

struct ThresholdCount {
    std::vector<RankCount> below, within;  // of each tensor
    std::vector<Ranked> ranked;            // the units within,
    bool is_complete = true;               // unless there were more than asked for
};

class Ranking {
  public:
    Ranking(std::span<const RankedTensor> tensors, Measure measure, int threads);

    std::span<const RankedTensor> tensors() const { return entrants_; }
    int threads() const { return threads_; }
    std::int64_t units_left() const { return units_left_; }
    double cost_left() const { return cost_left_; }

    RankCount tally_of(const Ranked& unit) const;
    double cost_of(const Ranked& unit) const { return cost_of(unit.tensor, tally_of(unit)); }
    double cost_of(std::size_t tensor, const RankCount& tally) const {
        const std::int64_t amount = measure_ == Measure::units ? tally.units : tally.weights;
        return static_cast<double>(amount) * entrants_[tensor].cost;
    }
    double cost_of(const std::vector<RankCount>& tallies) const;
    /// Of each unit, if all cost the same.
    std::optional<double> even_cost() const;

    /// Collects the units within as long as they are at most `most`; about `expected` of them. Clears what is
    /// below in the masks of tensors that have one.
    ThresholdCount take_census(Bracket bracket, std::int64_t most, std::int64_t expected) const;
    /// Costs of the scores within the bracket by key >> shift. Bin 0 is that of bracket.low.
    std::vector<double> histogram(Bracket bracket, int shift) const;

  private:
    struct Draft;
    void refuse(const Chunk& chunk) const;
    void refuse_any() const;
    void count(const Chunk& chunk, std::span<const float> scores, Bracket bracket, std::int64_t most,
               Draft& draft) const;
    std::vector<std::int64_t> histogram_of(std::size_t tensor, Bracket bracket, int shift) const;

    std::span<const RankedTensor> entrants_;
    Measure measure_;
    int threads_;
    Chunks chunks_;
    std::int64_t units_left_ = 0;
    double cost_left_ = 0;
};

/// Bits whose unsigned order is the order of the scores; -0 is 0.
std::uint32_t key_of(float score);
float score_of(std::uint32_t key);

}  // namespace espalier::prune
