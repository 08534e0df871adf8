#include "prune/apply/pool_cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/text/numbers.h"
#include "prune/apply/write_mask.h"

namespace espalier::prune {
namespace {

class PoolCutter {
  public:
    PoolCutter(const Pool& pool, std::span<const UnitScores> weights, std::int64_t floor,
               std::span<Mask> masks, int threads)
        : pool_(pool),
          weights_(weights),
          floor_(floor),
          threads_(threads),
          masks_(masks),
          budget_(pool.cut),
          decided_(pool.layers.size()) {}

    PoolResult run() {
        decide();
        PoolResult result{.notes = std::move(notes_)};
        for (const Decided& layer : decided_) result.taken.push_back(layer.cut->taken[layer.tensor]);
        if (cuts_.size() > 1 || !cuts_.front().is_written) write_masks(decided_, threads_);
        return result;
    }

  private:
    const UnitScores& weight(std::size_t i) const { return weights_[pool_.layers[i]]; }
    Mask& mask(std::size_t i) const { return masks_[pool_.layers[i]]; }
    double cost(std::size_t i) const { return pool_.in_macs ? weight(i).candidate().macs_per_element : 1; }

    void set(std::size_t i, const Cut& cut, std::size_t tensor) {
        decided_[i] = {.scores = &weight(i), .cut = &cut, .tensor = tensor, .mask = &mask(i)};
    }

    /// Cuts all layers together, takes those that fall below their floor out, and cuts the others for them,
    /// until none does. A layer that is at its floor stays there: the others can only lose more.
    void decide() {
        std::vector<std::size_t> open;  // in the pool's order
        for (std::size_t i = 0; i < decided_.size(); ++i) open.push_back(i);
        while (!open.empty()) {
            std::vector<RankedTensor> tensors;
            for (const std::size_t i : open) {
                // The first cut usually is the last, and may go to the masks at once.
                tensors.push_back({&weight(i), cost(i), cuts_.empty() ? &mask(i) : nullptr});
            }
            const Cut& cut = cuts_.emplace_back(find_cut(tensors, Measure::weights, budget_, threads_));
            std::vector<std::size_t> rest;
            for (std::size_t tensor = 0; tensor < open.size(); ++tensor) {
                const std::size_t i = open[tensor];
                const std::int64_t goes = cut.taken[tensor].units;
                set(i, cut, tensor);
                if (goes == 0 || weight(i).units_left() - goes >= floor_) {
                    rest.push_back(i);
                } else {
                    cut_to_floor(i, goes);
                }
            }
            if (rest.size() == open.size()) return;
            if (cut.is_written) restore_all();
            open = std::move(rest);
        }
        if (budget_ < 1) return;
        notes_.push_back(fmt::format("{} {} fewer than asked went: every layer is at its floor",
                                     with_commas(static_cast<std::int64_t>(budget_)),
                                     pool_.in_macs ? "multiply-adds" : "weights"));
    }

    void restore_all() {
        for (std::size_t i = 0; i < decided_.size(); ++i) restore(weight(i), mask(i));
    }

    /// `by_score`: units that would go without a floor.
    void cut_to_floor(std::size_t i, std::int64_t by_score) {
        const std::int64_t stay = std::min(floor_, weight(i).units_left());
        const RankedTensor tensor{&weight(i)};
        const auto goes = static_cast<double>(weight(i).units_left() - stay);
        const Cut& cut = cuts_.emplace_back(find_cut({&tensor, 1}, Measure::units, goes, threads_));
        set(i, cut, 0);
        budget_ -= static_cast<double>(cut.taken[0].weights) * cost(i);
        notes_.push_back(
            fmt::format("\"{}\" hit its floor: it keeps {} of its {} units; by their scores {} would be left",
                        weight(i).name(), with_commas(stay), with_commas(weight(i).units()),
                        with_commas(weight(i).units_left() - by_score)));
    }

    const Pool& pool_;
    std::span<const UnitScores> weights_;
    std::int64_t floor_;
    int threads_;
    std::span<Mask> masks_;
    double budget_;  // of the layers that are not at their floor
    std::vector<Decided> decided_;
    std::deque<Cut> cuts_;  // decided_ points into it
    std::vector<std::string> notes_;
};

}  // namespace

PoolResult cut_pool(const Pool& pool, std::span<const UnitScores> weights, std::int64_t floor,
                    std::span<Mask> masks, int threads) {
    return PoolCutter(pool, weights, floor, masks, threads).run();
}

}  // namespace espalier::prune
