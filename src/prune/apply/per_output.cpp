#include "prune/apply/per_output.h"

#include <algorithm>

#include "base/threads/parallel.h"
#include "prune/apply/write_mask.h"
#include "prune/mask/bits.h"
#include "prune/ranking/chunks.h"
#include "prune/request/budget.h"

namespace espalier::prune {
namespace {

/// Units of one output: `count` of them from `first` on, `step` apart.
struct Row {
    std::int64_t first;
    std::int64_t step;
    std::int64_t count;
    std::int64_t weights;
};

class Outputs {
  public:
    explicit Outputs(const UnitScores& scores) : scores_(scores) {
        const Layout& layout = scores.layout();
        const Tile tile = scores.tiling().tile();
        across_ = (layout.cols + tile.cols - 1) / tile.cols;
        down_ = scores.units() / across_;
    }

    std::int64_t count() const { return by_row() ? down_ : across_; }
    Row operator[](std::int64_t index) const {
        const Layout& layout = scores_.layout();
        const Tile tile = scores_.tiling().tile();
        if (by_row()) {
            const std::int64_t height = std::min(tile.rows, layout.rows - index * tile.rows);
            return {index * across_, 1, across_, height * layout.cols};
        }
        const std::int64_t width = std::min(tile.cols, layout.cols - index * tile.cols);
        return {index, across_, down_, width * layout.rows};
    }

  private:
    bool by_row() const { return scores_.layout().output_axis == 0; }

    const UnitScores& scores_;
    std::int64_t across_ = 0;
    std::int64_t down_ = 0;
};

struct Unit {
    float score;
    std::int64_t unit;
};

/// Units of the row that go, by the rule of find_cut().
void cut_row(const UnitScores& scores, const Row& row, std::span<const float> all, const Target& target,
             std::int64_t floor, std::vector<Unit>& units, Mask& mask) {
    units.clear();
    std::int64_t left = 0;
    for (std::int64_t i = 0; i < row.count; ++i) {
        const std::int64_t unit = row.first + i * row.step;
        const float score = all[static_cast<std::size_t>(unit)];
        if (score == kPrunedScore) continue;
        std::int64_t size = 0;
        scores.sizes(unit, {&size, 1});
        left += size;
        units.push_back({score, unit});
    }
    std::ranges::sort(units, [](const Unit& a, const Unit& b) {
        return a.score != b.score ? a.score < b.score : a.unit > b.unit;
    });
    std::int64_t budget = weights_to_cut(target, row.weights, left);
    auto most = static_cast<std::int64_t>(units.size()) - floor;
    const std::uint64_t nothing = 0;
    for (const Unit& unit : units) {
        std::int64_t size = 0;
        scores.sizes(unit.unit, {&size, 1});
        if (size > budget || most-- <= 0) break;
        budget -= size;
        clear_units(scores.tiling(), unit.unit, 1, &nothing, mask);
    }
}

}  // namespace

void write_outputs(const UnitScores& scores, const Target& target, std::int64_t floor, Mask& mask,
                   int threads) {
    std::vector<float> all(static_cast<std::size_t>(scores.units()));
    struct Nothing {};
    Chunks({&scores}).fold(threads, Nothing{},
                           [&](Nothing&, const Chunk& chunk, std::span<const float> part) {
                               std::ranges::copy(part, all.begin() + chunk.first);
                           });
    const Outputs outputs(scores);
    parallel_for(outputs.count(), threads, [&](std::int64_t begin, std::int64_t end) {
        std::vector<Unit> units;
        for (std::int64_t i = begin; i < end; ++i)
            cut_row(scores, outputs[i], all, target, floor, units, mask);
    });
}

}  // namespace espalier::prune
