// Selection in one pass. A sample of the scores guesses two values between which the threshold lies; one pass
// counts what is below and collects what is between, a hundredth or so; of those, quickselect finds the exact
// place. If the guess was wrong, or too much lies between, a histogram over the upper 16 bits of the scores
// finds a narrower place, then one over the lower 16 the exact value, and ties at that value are walked by
// position.
#include "prune/cut.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/random.h"
#include "prune/census.h"

namespace espalier::prune {
namespace {

constexpr std::int64_t kRun = 16;  // units of the sample next to each other: one cache line of weights

class Selection {
  public:
    Selection(const Ranking& ranking, double budget) : ranking_(ranking), budget_(budget) {
        most_ = std::max<std::int64_t>(std::int64_t{1} << 17, ranking_.units_left() / 48);
    }

    Cut run() const {
        const std::optional<Bracket> guess = ranking_.units_left() <= most_ ? Bracket{} : guess_from_sample();
        if (guess) {
            Census census = ranking_.take_census(*guess, most_);
            const double below = ranking_.cost_of(census.below);
            const bool is_hit = below <= budget_ && below + ranking_.cost_of(census.within) >= budget_;
            if (is_hit && census.is_complete) return select(*guess, std::move(census));
        }
        double below = 0;
        Bracket bracket = narrow({}, 16, below);
        Census census = ranking_.take_census(bracket, most_);
        if (census.is_complete) return select(bracket, std::move(census));
        bracket = narrow(bracket, 0, below);
        return walk_ties(bracket.low, ranking_.take_census(bracket, 0));
    }

  private:
    /// Moves those of `ranked` that `budget` pays for, first gone first, to its front, and says how many they
    /// are.
    std::size_t affordable(std::span<Ranked> ranked, double budget) const {
        std::size_t paid = 0;  // everything before it is paid for, and goes before everything from it on
        std::size_t end = ranked.size();
        while (paid < end) {
            const std::size_t middle = paid + (end - paid) / 2;
            std::ranges::nth_element(ranked.subspan(paid, end - paid),
                                     ranked.begin() + static_cast<std::ptrdiff_t>(middle), goes_before);
            double cost = 0;
            for (std::size_t i = paid; i <= middle; ++i) cost += ranking_.cost_of(ranked[i]);
            if (cost <= budget) {
                budget -= cost;
                paid = middle + 1;
            } else {
                end = middle;
            }
        }
        return paid;
    }

    std::vector<Ranked> sample() const;
    std::optional<Bracket> guess_from_sample() const;
    Cut select(Bracket bracket, Census census) const;
    Bracket narrow(Bracket bracket, int shift, double& below) const;
    Cut walk_ties(float score, const Census& census) const;
    void walk_ties_of(std::size_t entrant, double budget, Cut& cut) const;

    const Ranking& ranking_;
    double budget_;
    std::int64_t most_ = 0;  // units to collect
};

/// Runs of units at random places, in each entrant as many as its share.
std::vector<Ranked> Selection::sample() const {
    std::int64_t units = 0;
    for (const Entrant& entrant : ranking_.entrants()) units += entrant.scores->units();
    const double runs = static_cast<double>(std::min<std::int64_t>(units / 64, std::int64_t{1} << 18)) / kRun;
    std::vector<Ranked> sample;
    float scores[kRun];
    for (std::uint32_t e = 0; e < ranking_.entrants().size(); ++e) {
        const UnitScores& weight = *ranking_.entrants()[e].scores;
        const std::int64_t length = std::min(kRun, weight.chunk());
        const auto own = static_cast<std::int64_t>(std::ceil(runs * static_cast<double>(weight.units()) /
                                                             static_cast<double>(units) * kRun / length));
        Random random(e, "prune/sample");
        for (std::int64_t run = 0; run < own; ++run) {
            const std::int64_t begin = weight.units() * run / own;
            const std::int64_t room = weight.units() * (run + 1) / own - begin;
            const auto place = static_cast<std::int64_t>(
                random.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, room - length + 1))));
            const std::int64_t count = std::min(length, room);
            weight.score(begin + place, {scores, static_cast<std::size_t>(count)});
            for (std::int64_t i = 0; i < count; ++i) {
                if (scores[i] != kGone) sample.push_back({scores[i], e, begin + place + i});
            }
        }
    }
    return sample;
}

std::optional<Bracket> Selection::guess_from_sample() const {
    std::vector<Ranked> ranked = sample();
    if (ranked.size() < 256) return std::nullopt;
    double all = 0;
    for (const Ranked& unit : ranked) all += ranking_.cost_of(unit);
    // Five standard deviations of the share below a quantile, if units of a run are independent; still 3.5 if
    // only every other one is.
    const double share = budget_ / ranking_.cost_left();
    const double margin = 5 * std::sqrt(share * (1 - share) / static_cast<double>(ranked.size())) +
                          4 / static_cast<double>(ranked.size());
    const auto least = [](std::span<const Ranked> rest) {
        return std::ranges::min_element(rest, goes_before)->score;
    };
    Bracket bracket;
    const std::size_t low = affordable(ranked, (share - margin) * all);
    if (low > 0) bracket.low = least(std::span(ranked).subspan(low));
    const std::size_t high = affordable(ranked, (share + margin) * all);
    if (high < ranked.size()) bracket.high = least(std::span(ranked).subspan(high));
    return bracket;
}

Cut Selection::select(Bracket bracket, Census census) const {
    Cut cut{.score = bracket.low, .taken = census.below};
    const std::size_t count = affordable(census.ranked, budget_ - ranking_.cost_of(census.below));
    const std::span gone(census.ranked.data(), count);
    for (const Ranked& unit : gone) cut.taken[unit.entrant] += ranking_.tally_of(unit);
    if (!gone.empty()) {
        const Ranked& last = *std::ranges::max_element(gone, goes_before);
        cut.score = last.score;
        cut.entrant = last.entrant;
        cut.unit = last.unit;
    }
    return cut;
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

Cut Selection::walk_ties(float score, const Census& census) const {
    Cut cut{.score = score, .taken = census.below};
    double budget = budget_ - ranking_.cost_of(census.below);
    for (std::size_t e = ranking_.entrants().size(); e-- > 0;) {
        const Tally& ties = census.within[e];
        const double cost = ranking_.cost_of(e, ties);
        if (cost > budget) {
            walk_ties_of(e, budget, cut);
            break;
        }
        budget -= cost;
        cut.entrant = e;
        cut.unit = 0;
        cut.taken[e] += ties;
    }
    return cut;
}

/// From the last unit of the entrant backwards.
void Selection::walk_ties_of(std::size_t entrant, double budget, Cut& cut) const {
    const UnitScores& weight = *ranking_.entrants()[entrant].scores;
    const Chunks chunks({&weight});
    std::vector<float> scores;
    for (std::int64_t number = chunks.size(); number-- > 0;) {
        const Chunk chunk = chunks[number];
        scores.resize(static_cast<std::size_t>(chunk.count));
        weight.score(chunk.first, scores);
        for (std::int64_t i = chunk.count; i-- > 0;) {
            if (scores[static_cast<std::size_t>(i)] != cut.score) continue;
            const Ranked unit{cut.score, static_cast<std::uint32_t>(entrant), chunk.first + i};
            const double cost = ranking_.cost_of(unit);
            if (cost > budget) return;
            budget -= cost;
            cut.entrant = entrant;
            cut.unit = unit.unit;
            cut.taken[entrant] += ranking_.tally_of(unit);
        }
    }
}

Cut cut_of_all(const Ranking& ranking) {
    Cut cut{.score = std::numeric_limits<float>::infinity()};
    for (const Entrant& entrant : ranking.entrants()) {
        cut.taken.push_back({entrant.scores->units_left(), entrant.scores->weights_left()});
    }
    return cut;
}

}  // namespace

Cut find_cut(std::span<const Entrant> entrants, Measure measure, double budget, int threads) {
    const Ranking ranking(entrants, measure, threads);
    if (budget >= ranking.cost_left()) return cut_of_all(ranking);
    if (budget > 0) return Selection(ranking, budget).run();
    return {.taken = std::vector<Tally>(entrants.size())};
}

}  // namespace espalier::prune
