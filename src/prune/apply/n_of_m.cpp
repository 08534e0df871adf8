// Groups are worked on in batches, place by place: place j of all groups of a batch is one run of floats, so
// that to compare two places is a loop that the compiler makes vectors of. A weight stays if fewer than n of
// its group beat it. A group that its tensor cuts short is filled up with pruned weights, which beat nothing.
#include "prune/apply/n_of_m.h"

#include <algorithm>
#include <numeric>

#include "base/threads/parallel.h"
#include "prune/mask/bits.h"
#include "prune/ranking/ranking_simd.h"

namespace espalier::prune {
namespace {

constexpr std::int64_t kBatch = 4096;    // weights
constexpr std::int64_t kMostPairs = 32;  // larger groups are sorted: comparing all pairs would cost more

/// `groups` groups of m weights each, `lanes` of them side by side in memory (the positions of a kernel).
class Batch {
  public:
    Batch(std::int64_t n, std::int64_t m, std::int64_t groups, std::int64_t lanes)
        : n_(n), m_(m), groups_(groups), lanes_(lanes), width_(groups * lanes) {
        scores_.assign(static_cast<std::size_t>(m_ * width_), kPrunedScore);
        beaten_.assign(scores_.size(), 0);
    }

    /// Scores of memory in order: from place `place` of the first group on, lanes innermost.
    void load(std::span<const float> run, std::int64_t place) {
        visit(static_cast<std::int64_t>(run.size()), place,
              [&](std::size_t slot, std::int64_t at) { scores_[slot] = run[static_cast<std::size_t>(at)]; });
    }
    /// Whether each stays, in the same order.
    void read(std::span<std::uint8_t> run, std::int64_t place) const {
        visit(static_cast<std::int64_t>(run.size()), place, [&](std::size_t slot, std::int64_t at) {
            run[static_cast<std::size_t>(at)] = beaten_[slot] < n_ ? 1 : 0;
        });
    }

    /// Counts, for each weight, those of its group that beat it.
    void rank() {
        if (m_ > kMostPairs) {
            for (std::int64_t lane = 0; lane < width_; ++lane) sort(lane);
            return;
        }
        for (std::int64_t later = 1; later < m_; ++later) {
            for (std::int64_t earlier = 0; earlier < later; ++earlier) compare(earlier, later);
        }
    }

  private:
    /// Calls act(slot, index in the run). Places are the outer loop, so that scores_ is walked in order.
    template <class Act>
    void visit(std::int64_t size, std::int64_t place, Act act) const {
        const std::int64_t end = place + size / lanes_;
        for (std::int64_t j = place % m_; j < std::min(m_, end); ++j) {
            const std::int64_t groups = std::min(groups_, (end - j + m_ - 1) / m_);
            for (std::int64_t group = 0; group < groups; ++group) {
                const std::int64_t from = (group * m_ + j - place) * lanes_;
                const std::int64_t to = j * width_ + group * lanes_;
                for (std::int64_t lane = 0; lane < lanes_; ++lane) {
                    act(static_cast<std::size_t>(to + lane), from + lane);
                }
            }
        }
    }

    /// The earlier place wins a tie.
    void compare(std::int64_t earlier, std::int64_t later) {
        const float* const a = &scores_[static_cast<std::size_t>(earlier * width_)];
        const float* const b = &scores_[static_cast<std::size_t>(later * width_)];
        std::int32_t* const a_beaten = &beaten_[static_cast<std::size_t>(earlier * width_)];
        std::int32_t* const b_beaten = &beaten_[static_cast<std::size_t>(later * width_)];
        for (std::int64_t i = 0; i < width_; ++i) {
            const std::int32_t wins = a[i] >= b[i] ? 1 : 0;
            a_beaten[i] += 1 - wins;
            b_beaten[i] += wins;
        }
    }

    void sort(std::int64_t lane) {
        std::vector<std::int64_t> order(static_cast<std::size_t>(m_));
        std::iota(order.begin(), order.end(), std::int64_t{0});
        const auto slot = [&](std::int64_t place) { return static_cast<std::size_t>(place * width_ + lane); };
        std::ranges::stable_sort(
            order, [&](std::int64_t a, std::int64_t b) { return scores_[slot(a)] > scores_[slot(b)]; });
        for (std::int64_t rank = 0; rank < m_; ++rank) {
            beaten_[slot(order[static_cast<std::size_t>(rank)])] = static_cast<std::int32_t>(rank);
        }
    }

    std::int64_t n_, m_, groups_, lanes_, width_;
    std::vector<float> scores_;
    std::vector<std::int32_t> beaten_;
};

/// Scores of a run of memory of any length.
void score_run(const UnitScores& weights, std::int64_t first, std::span<float> scores) {
    const auto step = static_cast<std::size_t>(weights.chunk());
    for (std::size_t done = 0; done < scores.size(); done += step) {
        weights.score(first + static_cast<std::int64_t>(done),
                      scores.subspan(done, std::min(step, scores.size() - done)));
    }
}

void clear_run(std::span<const std::uint8_t> stays, std::int64_t first, Mask& mask) {
    std::vector<std::uint64_t> keep(
        static_cast<std::size_t>(words_for(static_cast<std::int64_t>(stays.size()))));
    for (std::size_t i = 0; i < stays.size(); ++i) keep[i / 64] |= std::uint64_t{stays[i]} << (i % 64);
    and_bits(mask.words().data(), first, static_cast<std::int64_t>(stays.size()), keep.data());
}

/// The same for groups next to each other, all in vectors, if they can be.
bool clear_groups(std::span<const float> scores, std::int64_t n, std::int64_t m, std::int64_t first,
                  Mask& mask) {
    const auto count = static_cast<std::int64_t>(scores.size());
    std::vector<std::uint64_t> keep(static_cast<std::size_t>(words_for(count)));
    if (!bits_best_of_groups(scores, n, m, keep.data())) return false;
    and_bits(mask.words().data(), first, count, keep.data());
    return true;
}

/// Outputs first: a row of memory holds the inputs of one output, and groups follow each other.
void write_along_rows(const UnitScores& weights, std::int64_t n, std::int64_t m, Mask& mask, int threads) {
    const Layout& layout = weights.layout();
    const std::int64_t lanes = layout.kernel;
    const std::int64_t groups = std::max<std::int64_t>(1, kBatch / (m * lanes));
    const std::int64_t step = groups * m * lanes;
    // Where a row holds whole groups, rows follow each other like one.
    const bool is_even = layout.cols % (m * lanes) == 0;
    const std::int64_t rows = is_even ? 1 : layout.rows;
    const std::int64_t cols = is_even ? layout.count() : layout.cols;
    const std::int64_t batches = (cols + step - 1) / step;
    parallel_for(rows * batches, threads, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> scores;
        std::vector<std::uint8_t> stays;
        for (std::int64_t item = begin; item < end; ++item) {
            const std::int64_t col = item % batches * step;
            const std::int64_t first = item / batches * cols + col;
            const auto size = static_cast<std::size_t>(std::min(step, cols - col));
            scores.resize(size);
            score_run(weights, first, scores);
            if (lanes == 1 && size % static_cast<std::size_t>(m) == 0 &&
                clear_groups(scores, n, m, first, mask))
                continue;
            stays.resize(size);
            Batch batch(n, m, groups, lanes);
            batch.load(scores, 0);
            batch.rank();
            batch.read(stays, 0);
            clear_run(stays, first, mask);
        }
    });
}

/// Inputs first: a group is a part of a column, and the columns next to it are worked on with it.
void write_along_columns(const UnitScores& weights, std::int64_t n, std::int64_t m, Mask& mask, int threads) {
    const Layout& layout = weights.layout();
    const std::int64_t step = std::max<std::int64_t>(1, kBatch / m);
    const std::int64_t batches = (layout.cols + step - 1) / step;
    const std::int64_t groups = (layout.rows + m - 1) / m;
    parallel_for(groups * batches, threads, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> scores;
        std::vector<std::uint8_t> stays;
        for (std::int64_t item = begin; item < end; ++item) {
            const std::int64_t col = item % batches * step;
            const std::int64_t top = item / batches * m;
            const std::int64_t lanes = std::min(step, layout.cols - col);
            scores.resize(static_cast<std::size_t>(lanes));
            stays.resize(static_cast<std::size_t>(lanes));
            Batch batch(n, m, 1, lanes);
            for (std::int64_t j = 0; j < std::min(m, layout.rows - top); ++j) {
                score_run(weights, (top + j) * layout.cols + col, scores);
                batch.load(scores, j);
            }
            batch.rank();
            for (std::int64_t j = 0; j < std::min(m, layout.rows - top); ++j) {
                batch.read(stays, j);
                clear_run(stays, (top + j) * layout.cols + col, mask);
            }
        }
    });
}

}  // namespace

void write_pattern(const UnitScores& weights, std::int64_t n, std::int64_t m, Mask& mask, int threads) {
    if (weights.layout().output_axis == 0) {
        write_along_rows(weights, n, m, mask, threads);
    } else {
        write_along_columns(weights, n, m, mask, threads);
    }
}

}  // namespace espalier::prune
