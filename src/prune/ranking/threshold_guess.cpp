#include "prune/ranking/threshold_guess.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/threads/parallel.h"

namespace espalier::prune {
namespace {

constexpr std::int64_t kRun = 16;  // units of a sample next to each other: one cache line of weights
constexpr double kDeviations = 4;

/// Of one tensor: a run at a random place in each of `runs` equal stretches.
struct Stretches {
    const UnitScores* scores;
    std::int64_t runs;
    std::int64_t length;
    std::int64_t first_run;  // of all tensors' runs
};

std::vector<Stretches> stretches_of(const Ranking& ranking) {
    std::int64_t units = 0;
    for (const RankedTensor& tensor : ranking.tensors()) units += tensor.scores->units();
    // A larger sample costs more, but leaves fewer units within the bracket: n^(2/3) balances the two.
    const double all = std::pow(0.7 * static_cast<double>(units), 2.0 / 3);
    std::vector<Stretches> stretches;
    std::int64_t runs = 0;
    for (const RankedTensor& tensor : ranking.tensors()) {
        const UnitScores& scores = *tensor.scores;
        const std::int64_t length = std::min(kRun, scores.chunk());
        const double own = all * static_cast<double>(scores.units()) / static_cast<double>(units);
        stretches.push_back(
            {&scores, static_cast<std::int64_t>(std::ceil(own / static_cast<double>(length))), length, runs});
        runs += stretches.back().runs;
    }
    return stretches;
}

void sample_run(const Stretches& stretches, std::int64_t run, const Random& random, std::span<float> sample) {
    const std::int64_t units = stretches.scores->units();
    const std::int64_t own = run - stretches.first_run;
    const std::int64_t first = units * own / stretches.runs;
    const std::int64_t room = units * (own + 1) / stretches.runs - first;
    const std::int64_t count = std::min(stretches.length, room);
    const auto place = static_cast<std::int64_t>(random.at(static_cast<std::uint64_t>(run)) %
                                                 static_cast<std::uint64_t>(room - count + 1));
    stretches.scores->score(first + place, sample.first(static_cast<std::size_t>(count)));
}

/// Scores of units at random places, of every tensor by its share.
std::vector<float> sample_of(const Ranking& ranking) {
    const std::vector<Stretches> stretches = stretches_of(ranking);
    const Stretches& last = stretches.back();
    std::vector<float> sample(static_cast<std::size_t>((last.first_run + last.runs) * kRun), kPrunedScore);
    const Random random(0, "prune/sample");
    parallel_for(last.first_run + last.runs, ranking.threads(), [&](std::int64_t begin, std::int64_t end) {
        auto own = std::ranges::upper_bound(stretches, begin, {}, &Stretches::first_run) - 1;
        for (std::int64_t run = begin; run < end; ++run) {
            while (run >= own->first_run + own->runs) ++own;
            sample_run(*own, run, random,
                       std::span(sample).subspan(static_cast<std::size_t>(run * kRun), kRun));
        }
    });
    std::erase(sample, kPrunedScore);
    return sample;
}

/// The score with `share` of the sample below it; -infinity and infinity behind its ends.
float quantile(std::vector<float>& sample, double share) {
    const double place = std::floor(share * static_cast<double>(sample.size()));
    if (place < 0) return -std::numeric_limits<float>::infinity();
    if (place >= static_cast<double>(sample.size())) return std::numeric_limits<float>::infinity();
    const auto at = sample.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(sample.begin(), at, sample.end());
    return *at;
}

}  // namespace

std::optional<Guess> guess_threshold(const Ranking& ranking, double share) {
    std::vector<float> sample = sample_of(ranking);
    const auto count = static_cast<double>(sample.size());
    if (count < 256) return std::nullopt;
    // Deviations of the share that lies below a quantile, were the units of a run independent; if they are
    // not, the guess fails more often, and costs another pass.
    const double margin = kDeviations * std::sqrt(share * (1 - share) / count) + 4 / count;
    Guess guess;
    guess.bracket.low = std::max(guess.bracket.low, quantile(sample, share - margin));
    guess.bracket.high = std::min(guess.bracket.high, quantile(sample, share + margin));
    guess.expected = static_cast<std::int64_t>(2.2 * margin * static_cast<double>(ranking.units_left()));
    return guess;
}

}  // namespace espalier::prune
