// Times alternatives fairly on a machine whose clock moves and whose cores have neighbours: in turn, in short
// bursts, dropping bursts during which the machine visibly changed, and reporting medians.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace espalier::runtime {

/// Time for each candidate of a choice: a network of 50 layers is compiled in a fraction of a second.
inline constexpr double kTrialSeconds = 0.001;

struct Timing {
    double median_us = 0, low_us = 0, high_us = 0;  // median, 10th and 90th percentile of single runs
    int runs = 0;
    std::vector<double> rounds_us = {};  // the median of every burst, disturbed ones too, in order
};

inline constexpr std::size_t kLeastRounds = 3;

/// Warms each up, then takes samples of all in turn for about `seconds`; at least so many bursts of each.
std::vector<Timing> time_in_turn(std::span<const std::function<void()>> bodies, double seconds,
                                 std::size_t least_rounds = kLeastRounds);

/// The same, each run once in every round, after caches were filled with something else: for what reads its
/// weights from memory every time, as the layers before it have taken their place.
std::vector<Timing> time_cold(std::span<const std::function<void()>> bodies, std::size_t rounds);

/// How many times as long one takes as another.
struct Ratio {
    double median = 1, low = 1, high = 1;  // low to high: the 95 % confidence interval of the median
};

/// Of two that were timed in turn: a neighbour or another clock meets both of a round, so the quotients of
/// rounds vary less than the times. The interval is between order statistics (a binomial count of quotients
/// below the median), which holds for any distribution; from fewer than 6 rounds it is all of them.
Ratio ratio_of(const Timing& numerator, const Timing& denominator);

/// Microseconds of the second of two runs.
double time_once(const std::function<void()>& body);

/// Nanoseconds of one addition that depends on the one before: one cycle of the core, as it is clocked now.
double cycle_ns();

}  // namespace espalier::runtime
