#include "prune/census.h"

#include <bit>

#include "prune/bits.h"
#include "prune/simd.h"

namespace espalier::prune {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();

std::vector<const UnitScores*> list_of(std::span<const Entrant> entrants) {
    std::vector<const UnitScores*> list;
    for (const Entrant& entrant : entrants) list.push_back(entrant.scores);
    return list;
}

template <class Visit>
void for_each_bit(std::span<const std::uint64_t> words, Visit visit) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        for (std::uint64_t word = words[i]; word != 0; word &= word - 1) {
            visit(static_cast<std::int64_t>(i) * 64 + std::countr_zero(word));
        }
    }
}

/// Of the units whose bits are set.
Tally tally_bits(std::span<const std::uint64_t> bits, const UnitScores& scores, const Chunk& chunk) {
    Tally tally;
    for (const std::uint64_t word : bits) tally.units += std::popcount(word);
    if (scores.even_size()) {
        tally.weights = tally.units * *scores.even_size();
    } else if (tally.units > 0) {
        std::vector<std::int64_t> sizes(static_cast<std::size_t>(chunk.count));
        scores.sizes(chunk.first, sizes);
        for_each_bit(bits, [&](std::int64_t i) { tally.weights += sizes[static_cast<std::size_t>(i)]; });
    }
    return tally;
}

}  // namespace

std::uint32_t key_of(float score) {
    const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);
    return bits >> 31 != 0 ? ~bits : bits | 0x80000000U;
}

float score_of(std::uint32_t key) { return std::bit_cast<float>(key >> 31 != 0 ? key & 0x7FFFFFFFU : ~key); }

Ranking::Ranking(std::span<const Entrant> entrants, Measure measure, int threads)
    : entrants_(entrants), measure_(measure), threads_(threads), chunks_(list_of(entrants)) {
    for (std::size_t i = 0; i < entrants_.size(); ++i) {
        const UnitScores& scores = *entrants_[i].scores;
        units_left_ += scores.units_left();
        cost_left_ += cost_of(i, {scores.units_left(), scores.weights_left()});
    }
}

double Ranking::cost_of(const std::vector<Tally>& tallies) const {
    double cost = 0;
    for (std::size_t i = 0; i < tallies.size(); ++i) cost += cost_of(i, tallies[i]);
    return cost;
}

Tally Ranking::tally_of(const Ranked& unit) const {
    const UnitScores& scores = *entrants_[unit.entrant].scores;
    if (scores.even_size()) return {1, *scores.even_size()};
    Tally tally{1, 0};
    scores.sizes(unit.unit, {&tally.weights, 1});
    return tally;
}

/// A thread's part of a census.
struct Ranking::Draft {
    std::vector<Tally> below, within;
    std::vector<Ranked> ranked = {};
};

void Ranking::count(const Chunk& chunk, std::span<const float> scores, Bracket bracket, std::int64_t most,
                    Draft& draft) const {
    const auto words = static_cast<std::size_t>(words_for(chunk.count));
    std::vector<std::uint64_t> bits(2 * words);
    const std::span within(bits.data(), words);
    const std::span below(bits.data() + words, words);
    const UnitScores& weight = *entrants_[chunk.index].scores;

    bits_not_less(scores, kLowest, below.data());  // everything that is not gone
    bits_not_less(scores, bracket.low, within.data());
    for (std::size_t i = 0; i < words; ++i) below[i] &= ~within[i];
    draft.below[chunk.index] += tally_bits(below, weight, chunk);
    if (bracket.high < std::numeric_limits<float>::max()) {
        bits_greater(scores, bracket.high, below.data());
        for (std::size_t i = 0; i < words; ++i) within[i] &= ~below[i];
    }
    const Tally inside = tally_bits(within, weight, chunk);
    draft.within[chunk.index] += inside;
    if (static_cast<std::int64_t>(draft.ranked.size()) + inside.units > most) return;
    for_each_bit(within, [&](std::int64_t i) {
        draft.ranked.push_back(
            {scores[static_cast<std::size_t>(i)], static_cast<std::uint32_t>(chunk.index), chunk.first + i});
    });
}

Census Ranking::take_census(Bracket bracket, std::int64_t most) const {
    const std::vector<Tally> nothing(entrants_.size());
    const auto drafts = chunks_.fold(threads_, Draft{nothing, nothing},
                                     [&](Draft& draft, const Chunk& chunk, std::span<const float> scores) {
                                         count(chunk, scores, bracket, most, draft);
                                     });
    Census census{.below = nothing, .within = nothing, .ranked = {}};
    std::int64_t within = 0;
    for (const Draft& draft : drafts) {
        for (std::size_t i = 0; i < nothing.size(); ++i) {
            census.below[i] += draft.below[i];
            census.within[i] += draft.within[i];
            within += draft.within[i].units;
        }
    }
    census.is_complete = within <= most;
    if (!census.is_complete) return census;
    census.ranked.reserve(static_cast<std::size_t>(within));
    for (const Draft& draft : drafts) {
        census.ranked.insert(census.ranked.end(), draft.ranked.begin(), draft.ranked.end());
    }
    return census;
}

std::vector<std::int64_t> Ranking::histogram_of(std::size_t entrant, Bracket bracket, int shift) const {
    const UnitScores& weight = *entrants_[entrant].scores;
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
    for (std::size_t entrant = 0; entrant < entrants_.size(); ++entrant) {
        const std::vector<std::int64_t> amounts = histogram_of(entrant, bracket, shift);
        costs.resize(amounts.size());
        for (std::size_t bin = 0; bin < amounts.size(); ++bin) {
            costs[bin] += static_cast<double>(amounts[bin]) * entrants_[entrant].cost;
        }
    }
    return costs;
}

}  // namespace espalier::prune
