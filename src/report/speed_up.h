// How many times as fast a network is, with the interval that the measurement supports. An interval that
// holds 1 shows no difference, whatever the ratio of the medians.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/report.h"

namespace espalier::report {

struct SpeedUp {
    double ratio = 1;  // time of the baseline over time of the network
    double low = 1, high = 1;

    /// Whether the interval leaves 1 out.
    bool is_shown() const { return low > 1 || high < 1; }
};

/// Of two medians with their 10th and 90th percentiles. Conservative: the interval reaches from the fastest
/// of the baseline over the slowest of the network to the reverse.
SpeedUp speed_up(const Spread& baseline, const Spread& network);

/// Of a network against dense, with the interval measured from samples taken in turn; where a run has none,
/// by the percentiles.
SpeedUp speed_up_of(const store::Latency& latency);

/// Over replicates: the mean ratio, between the least low and the greatest high end.
SpeedUp over_replicates(const std::vector<SpeedUp>& replicates);

/// "7.5×", or "no difference"; "–" if not a number.
std::string times(const SpeedUp& speed_up);
/// "7.5× (7.1–7.9)", "no difference (0.97–1.04×)"
std::string times_with_interval(const SpeedUp& speed_up);
/// "7.5× the speed of dense (7.1–7.9)", "no difference to dense (0.97–1.04× its speed)"
std::string speed_against(const SpeedUp& speed_up, const std::string& baseline);

/// {ratio, low, high, shown}
nlohmann::ordered_json to_json(const SpeedUp& speed_up);

}  // namespace espalier::report
