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
};

/// Warms each up, then takes samples of all in turn for about `seconds`; at least three bursts of each.
std::vector<Timing> time_in_turn(std::span<const std::function<void()>> bodies, double seconds);

/// Microseconds of the second of two runs.
double time_once(const std::function<void()>& body);

/// Nanoseconds of one addition that depends on the one before: one cycle of the core, as it is clocked now.
double cycle_ns();

}  // namespace espalier::runtime
