// Selection in one pass. A sample of the scores guesses two values between which the threshold lies. One pass
// counts what is below, clears it in the masks, and collects what is between, half a hundredth or so; of
// those, quickselect finds the exact place. If the guess was wrong, or too much lies between, a histogram
// over the upper 16 bits of the scores finds a narrower place, then one over the lower 16 the exact value,
// and ties at that value are walked by position.
#include "prune/ranking/select_threshold.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "prune/apply/write_mask.h"
#include "prune/mask/bits.h"
#include "prune/ranking/threshold_count.h"
#include "prune/ranking/threshold_guess.h"

namespace espalier::prune {
namespace {

class Selection {
  public:
    Selection(const Ranking& ranking, double budget) : ranking_(ranking), budget_(budget) {
        most_ = std::max<std::int64_t>(std::int64_t{1} << 17, ranking_.units_left() / 64);
    }

    Cut run() const {
        const std::optional<Guess> guess = ranking_.units_left() <= most_
                                               ? Guess{}
                                               : guess_threshold(ranking_, budget_ / ranking_.cost_left());
        if (guess) {
            ThresholdCount census = ranking_.take_census(guess->bracket, most_, guess->expected);
            const double below = ranking_.cost_of(census.below);
            const bool is_hit = below <= budget_ && below + ranking_.cost_of(census.within) >= budget_;
            if (is_hit && census.is_complete) return select(guess->bracket, std::move(census));
        }
        restore_all();
        double below = 0;
        Bracket bracket = narrow({}, 16, below);
        ThresholdCount census = ranking_.take_census(bracket, most_, 0);
        if (census.is_complete) return select(bracket, std::move(census));
        bracket = narrow(bracket, 0, below);
        Cut cut = walk_ties(bracket.low, ranking_.take_census(bracket, 0, 0));
        restore_all();
        return cut;
    }

  private:
    void restore_all() const {
        for (const RankedTensor& tensor : ranking_.tensors()) {
            if (tensor.mask != nullptr) restore(*tensor.scores, *tensor.mask);
        }
    }

    std::optional<Ranked> last_affordable(std::vector<Ranked>& ranked, double budget) const;
    Cut select(Bracket bracket, ThresholdCount census) const;
    void clear(std::span<const Ranked> gone) const;
    Bracket narrow(Bracket bracket, int shift, double& below) const;
    Cut walk_ties(float score, const ThresholdCount& census) const;
    void walk_ties_of(std::size_t tensor, double budget, Cut& cut) const;

    const Ranking& ranking_;
    double budget_;
    std::int64_t most_ = 0;  // units to collect
};

/// The unit that goes last of those that `budget` pays for.
std::optional<Ranked> Selection::last_affordable(std::vector<Ranked>& ranked, double budget) const {
    const auto at = [&](std::size_t i) { return ranked.begin() + static_cast<std::ptrdiff_t>(i); };
    std::size_t paid = 0;  // everything before it is paid for, and goes before everything from it on
    std::size_t end = ranked.size();
    if (const std::optional<double> cost = ranking_.even_cost()) {
        paid = end =
            static_cast<std::size_t>(std::clamp(std::floor(budget / *cost), 0.0, static_cast<double>(end)));
    }
    while (paid < end) {
        const std::size_t middle = paid + (end - paid) / 2;
        std::nth_element(at(paid), at(middle), at(end), GoesBefore{});
        double cost = 0;
        for (std::size_t i = paid; i <= middle; ++i) cost += ranking_.cost_of(ranked[i]);
        if (cost <= budget) {
            budget -= cost;
            paid = middle + 1;
        } else {
            end = middle;
        }
    }
    if (paid == 0) return std::nullopt;
    std::nth_element(at(0), at(paid - 1), ranked.end(), GoesBefore{});
    return ranked[paid - 1];
}

Cut Selection::select(Bracket bracket, ThresholdCount census) const {
    Cut cut{.score = bracket.low, .taken = std::move(census.below), .is_written = true};
    const auto last = last_affordable(census.ranked, budget_ - ranking_.cost_of(cut.taken));
    if (!last) return cut;
    cut.score = last->score;
    cut.tensor = last->tensor;
    cut.unit = last->unit;
    // Quickselect left what goes in front.
    const auto end =
        std::ranges::find_if(census.ranked, [&](const Ranked& unit) { return GoesBefore{}(*last, unit); });
    const std::span gone(census.ranked.begin(), end);
    for (const Ranked& unit : gone) cut.taken[unit.tensor] += ranking_.tally_of(unit);
    clear(gone);
    return cut;
}

/// In the masks of their tensors.
void Selection::clear(std::span<const Ranked> gone) const {
    const std::span<const RankedTensor> tensors = ranking_.tensors();
    if (tensors.front().mask == nullptr) return;
    if (static_cast<double>(gone.size()) < 0.1 * static_cast<double>(ranking_.units_left())) {
        for (const Ranked& unit : gone)
            clear_unit(tensors[unit.tensor].scores->tiling(), unit.unit, *tensors[unit.tensor].mask);
        return;
    }
    // Many at once: by rows of units, which share words.
    std::vector<std::vector<std::uint64_t>> keep;
    for (const RankedTensor& tensor : tensors) {
        keep.emplace_back(static_cast<std::size_t>(words_for(tensor.scores->units())), ~std::uint64_t{0});
    }
    for (const Ranked& unit : gone) reset_bits(keep[unit.tensor].data(), unit.unit, 1);
    for (std::size_t e = 0; e < tensors.size(); ++e) {
        clear_units(tensors[e].scores->tiling(), 0, tensors[e].scores->units(), keep[e].data(),
                    *tensors[e].mask);
    }
}

/// The scores that share key >> shift with the threshold. `below` is the cost of what is below the bracket,
/// before and after.
Bracket Selection::narrow(Bracket bracket, int shift, double& below) const {
    const std::vector<double> costs = ranking_.histogram(bracket, shift);
    std::uint32_t bin = 0;
    while (bin + 1 < costs.size() && below + costs[bin] <= budget_) below += costs[bin++];
    const std::uint32_t key = (key_of(bracket.low) >> shift) + bin;
    const std::uint32_t last = key << shift | ((std::uint32_t{1} << shift) - 1);
    return {std::max(bracket.low, score_of(key << shift)), std::min(bracket.high, score_of(last))};
}

Cut Selection::walk_ties(float score, const ThresholdCount& census) const {
    Cut cut{.score = score, .taken = census.below};
    double budget = budget_ - ranking_.cost_of(census.below);
    for (std::size_t e = ranking_.tensors().size(); e-- > 0;) {
        const RankCount& ties = census.within[e];
        const double cost = ranking_.cost_of(e, ties);
        if (cost > budget) {
            walk_ties_of(e, budget, cut);
            break;
        }
        budget -= cost;
        cut.tensor = e;
        cut.unit = 0;
        cut.taken[e] += ties;
    }
    return cut;
}

/// From the last unit of the tensor backwards.
void Selection::walk_ties_of(std::size_t tensor, double budget, Cut& cut) const {
    const UnitScores& weight = *ranking_.tensors()[tensor].scores;
    const Chunks chunks({&weight});
    std::vector<float> scores;
    for (std::int64_t number = chunks.size(); number-- > 0;) {
        const Chunk chunk = chunks[number];
        scores.resize(static_cast<std::size_t>(chunk.count));
        weight.score(chunk.first, scores);
        for (std::int64_t i = chunk.count; i-- > 0;) {
            if (scores[static_cast<std::size_t>(i)] != cut.score) continue;
            const Ranked unit{cut.score, static_cast<std::uint32_t>(tensor), chunk.first + i};
            const double cost = ranking_.cost_of(unit);
            if (cost > budget) return;
            budget -= cost;
            cut.tensor = tensor;
            cut.unit = unit.unit;
            cut.taken[tensor] += ranking_.tally_of(unit);
        }
    }
}

Cut cut_of_all(const Ranking& ranking) {
    Cut cut{.score = std::numeric_limits<float>::infinity()};
    for (const RankedTensor& tensor : ranking.tensors()) {
        cut.taken.push_back({tensor.scores->units_left(), tensor.scores->weights_left()});
    }
    return cut;
}

}  // namespace

Cut find_cut(std::span<const RankedTensor> tensors, Measure measure, double budget, int threads) {
    const Ranking ranking(tensors, measure, threads);
    if (budget >= ranking.cost_left()) return cut_of_all(ranking);
    if (budget > 0) return Selection(ranking, budget).run();
    return {.taken = std::vector<RankCount>(tensors.size())};
}

void restore(const UnitScores& scores, Mask& mask) {
    mask = scores.current() != nullptr ? *scores.current() : Mask(mask.shape());
}

}  // namespace espalier::prune
