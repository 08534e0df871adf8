// Times alternatives fairly on a machine whose clock moves and whose cores have neighbours: in turn, in short
// bursts, dropping bursts during which the machine visibly changed, and reporting medians.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace espalier::runtime {

struct Timing {
    double median_us = 0, low_us = 0, high_us = 0;  // median, 10th and 90th percentile of single runs
    int runs = 0;
};

/// Warms each up, then takes samples of all in turn for about `seconds`; at least five runs of each.
std::vector<Timing> time_in_turn(std::span<const std::function<void()>> bodies, double seconds);

/// Nanoseconds of one addition that depends on the one before: one cycle of the core, as it is clocked now.
double cycle_ns();

}  // namespace espalier::runtime
