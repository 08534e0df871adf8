#include "prune/ranking/threshold_count.h"

#include <bit>

#include "prune/apply/write_mask.h"
#include "prune/mask/bits.h"
#include "prune/ranking/ranking_simd.h"

namespace espalier::prune {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();

std::vector<const UnitScores*> list_of(std::span<const RankedTensor> tensors) {
    std::vector<const UnitScores*> list;
    for (const RankedTensor& tensor : tensors) list.push_back(tensor.scores);
    return list;
}

/// Of the units whose bits are set.
RankCount tally_bits(std::span<const std::uint64_t> bits, const UnitScores& scores, const Chunk& chunk) {
    RankCount tally{.units = count_ones(bits)};
    if (scores.even_size()) {
        tally.weights = tally.units * *scores.even_size();
    } else if (tally.units > 0) {
        std::vector<std::int64_t> sizes(static_cast<std::size_t>(chunk.count));
        scores.sizes(chunk.first, sizes);
        for_each_one(bits, [&](std::int64_t i) { tally.weights += sizes[static_cast<std::size_t>(i)]; });
    }
    return tally;
}

}  // namespace

std::uint32_t key_of(float score) {
    const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);
    return bits >> 31 != 0 ? ~bits : bits | 0x80000000U;
}

float score_of(std::uint32_t key) { return std::bit_cast<float>(key >> 31 != 0 ? key & 0x7FFFFFFFU : ~key); }

Ranking::Ranking(std::span<const RankedTensor> tensors, Measure measure, int threads)
    : entrants_(tensors), measure_(measure), threads_(threads), chunks_(list_of(tensors)) {
    for (std::size_t i = 0; i < entrants_.size(); ++i) {
        const UnitScores& scores = *entrants_[i].scores;
        units_left_ += scores.units_left();
        cost_left_ += cost_of(i, {scores.units_left(), scores.weights_left()});
    }
}

double Ranking::cost_of(const std::vector<RankCount>& tallies) const {
    double cost = 0;
    for (std::size_t i = 0; i < tallies.size(); ++i) cost += cost_of(i, tallies[i]);
    return cost;
}

std::optional<double> Ranking::even_cost() const {
    std::optional<double> even;
    for (std::size_t i = 0; i < entrants_.size(); ++i) {
        const std::optional<std::int64_t> size = entrants_[i].scores->even_size();
        if (!size && measure_ == Measure::weights) return std::nullopt;
        const double cost = cost_of(i, {1, size.value_or(0)});
        if (even && *even != cost) return std::nullopt;
        even = cost;
    }
    return even;
}

RankCount Ranking::tally_of(const Ranked& unit) const {
    const UnitScores& scores = *entrants_[unit.tensor].scores;
    if (scores.even_size()) return {1, *scores.even_size()};
    RankCount tally{1, 0};
    scores.sizes(unit.unit, {&tally.weights, 1});
    return tally;
}

/// A thread's part of a census.
struct Ranking::Draft {
    std::vector<RankCount> below, within;
    std::vector<Ranked> ranked = {};
    std::vector<std::uint64_t> bits = {};  // of the chunk at hand
    std::int64_t left = 0;                 // units with scores
};

void Ranking::count(const Chunk& chunk, std::span<const float> scores, Bracket bracket, std::int64_t most,
                    Draft& draft) const {
    const auto words = static_cast<std::size_t>(words_for(chunk.count));
    draft.bits.resize(3 * words);
    const std::span not_less(draft.bits.data(), words);
    const std::span within(draft.bits.data() + words, words);
    const std::span below(draft.bits.data() + 2 * words, words);
    const UnitScores& weight = *entrants_[chunk.index].scores;

    const std::int64_t next = chunk.first + chunk.count;
    const float* const ahead = next + chunk.count <= weight.units() ? weight.memory_of(next) : nullptr;
    const bool some_gone = weight.current() != nullptr;
    if (!classify(scores, bracket.low, bracket.high, some_gone, not_less.data(), within.data(), ahead)) {
        refuse(chunk);
    }
    if (some_gone) {
        bits_not_less(scores, kLowest, below.data());
    } else {
        std::ranges::fill(below, ~std::uint64_t{0});
        below.back() = low_bits(chunk.count - 64 * (words_for(chunk.count) - 1));
    }
    draft.left += count_ones(below);
    for (std::size_t i = 0; i < words; ++i) {
        below[i] &= ~not_less[i];
        within[i] = not_less[i] & ~within[i];
    }
    draft.below[chunk.index] += tally_bits(below, weight, chunk);
    const RankCount inside = tally_bits(within, weight, chunk);
    draft.within[chunk.index] += inside;
    if (Mask* const mask = entrants_[chunk.index].mask) {
        clear_units(weight.tiling(), chunk.first, chunk.count, not_less.data(), *mask);
    }
    if (static_cast<std::int64_t>(draft.ranked.size()) + inside.units > most) return;
    for_each_one(within, [&](std::int64_t i) {
        draft.ranked.push_back(
            {scores[static_cast<std::size_t>(i)], static_cast<std::uint32_t>(chunk.index), chunk.first + i});
    });
}

/// Scores it again with checks, which throw and say where.
void Ranking::refuse(const Chunk& chunk) const {
    std::vector<float> scores(static_cast<std::size_t>(chunk.count));
    entrants_[chunk.index].scores->score(chunk.first, scores);
}

void Ranking::refuse_any() const {
    for (std::int64_t number = 0; number < chunks_.size(); ++number) refuse(chunks_[number]);
}

ThresholdCount Ranking::take_census(Bracket bracket, std::int64_t most, std::int64_t expected) const {
    const std::vector<RankCount> nothing(entrants_.size());
    const int threads = threads_ > 0 ? threads_ : core_count();
    const auto room = static_cast<std::size_t>(expected / threads);
    auto drafts = chunks_.fold(threads_, Draft{nothing, nothing},
                               [&](Draft& draft, const Chunk& chunk, std::span<const float> scores) {
                                   if (draft.ranked.capacity() == 0) draft.ranked.reserve(room);
                                   count(chunk, scores, bracket, most, draft);
                               });
    ThresholdCount census{.below = nothing, .within = nothing, .ranked = {}};
    std::int64_t within = 0;
    std::int64_t left = 0;
    for (const Draft& draft : drafts) {
        left += draft.left;
        for (std::size_t i = 0; i < nothing.size(); ++i) {
            census.below[i] += draft.below[i];
            census.within[i] += draft.within[i];
            within += draft.within[i].units;
        }
    }
    // A unit that is left with the score of those that are gone: it is infinite, and to be refused.
    if (left != units_left_) refuse_any();
    census.is_complete = within <= most;
    if (!census.is_complete) return census;
    for (Draft& draft : drafts) {
        if (census.ranked.empty()) {
            census.ranked = std::move(draft.ranked);
            census.ranked.reserve(static_cast<std::size_t>(within));
        } else {
            census.ranked.insert(census.ranked.end(), draft.ranked.begin(), draft.ranked.end());
        }
        draft = {};
    }
    return census;
}

std::vector<std::int64_t> Ranking::histogram_of(std::size_t tensor, Bracket bracket, int shift) const {
    const UnitScores& weight = *entrants_[tensor].scores;
    const std::uint32_t base = key_of(bracket.low) >> shift;
    const std::uint32_t bins = (key_of(bracket.high) >> shift) - base + 1;
    const bool is_even = measure_ == Measure::units || weight.even_size();
    const std::int64_t even = measure_ == Measure::units ? 1 : weight.even_size().value_or(0);
    const auto parts = Chunks({&weight}).fold(
        threads_, std::vector<std::int64_t>(bins),
        [&](std::vector<std::int64_t>& part, const Chunk& chunk, std::span<const float> scores) {
            std::vector<std::int64_t> sizes(is_even ? 0 : scores.size());
            if (!is_even) weight.sizes(chunk.first, sizes);
            for (std::size_t i = 0; i < scores.size(); ++i) {
                if (scores[i] < bracket.low || scores[i] > bracket.high) continue;
                part[(key_of(scores[i]) >> shift) - base] += is_even ? even : sizes[i];
            }
        });
    std::vector<std::int64_t> sum(bins);
    for (const auto& part : parts) {
        for (std::size_t bin = 0; bin < sum.size(); ++bin) sum[bin] += part[bin];
    }
    return sum;
}

std::vector<double> Ranking::histogram(Bracket bracket, int shift) const {
    std::vector<double> costs;
    for (std::size_t tensor = 0; tensor < entrants_.size(); ++tensor) {
        const std::vector<std::int64_t> amounts = histogram_of(tensor, bracket, shift);
        costs.resize(amounts.size());
        for (std::size_t bin = 0; bin < amounts.size(); ++bin) {
            costs[bin] += static_cast<double>(amounts[bin]) * entrants_[tensor].cost;
        }
    }
    return costs;
}

}  // namespace espalier::prune
