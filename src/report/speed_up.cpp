#include "report/speed_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/text.h"

namespace espalier::report {
namespace {

constexpr const char* kNoDifference = "no difference";

std::string without_sign(const std::string& text) {
    return text.substr(0, text.size() - std::string("×").size());
}

/// "7.1–7.9×"
std::string range(const SpeedUp& one) {
    return fmt::format("{}–{}", without_sign(times(one.low)), times(one.high));
}

}  // namespace

SpeedUp speed_up(const Spread& baseline, const Spread& network) {
    return {baseline.mean / network.mean, baseline.low / network.high, baseline.high / network.low};
}

SpeedUp speed_up_of(const store::Latency& one) {
    if (std::isfinite(one.speedup_low) && std::isfinite(one.speedup_high))
        return {one.dense_median_ms / one.median_ms, one.speedup_low, one.speedup_high};
    return speed_up({one.dense_median_ms, one.dense_low_ms, one.dense_high_ms, 1},
                    {one.median_ms, one.low_ms, one.high_ms, 1});
}

SpeedUp over_replicates(const std::vector<SpeedUp>& replicates) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (replicates.empty()) return {kNan, kNan, kNan};
    SpeedUp all = replicates.front();
    double sum = 0;
    for (const SpeedUp& one : replicates) {
        sum += one.ratio;
        all.low = std::min(all.low, one.low);
        all.high = std::max(all.high, one.high);
    }
    all.ratio = sum / static_cast<double>(replicates.size());
    return all;
}

std::string times(const SpeedUp& one) {
    return std::isfinite(one.ratio) && !one.is_shown() ? kNoDifference : times(one.ratio);
}

std::string times_with_interval(const SpeedUp& one) {
    if (!std::isfinite(one.ratio)) return times(one.ratio);
    if (!one.is_shown()) return fmt::format("{} ({})", kNoDifference, range(one));
    return fmt::format("{} ({})", times(one.ratio), without_sign(range(one)));
}

std::string speed_against(const SpeedUp& one, const std::string& baseline) {
    if (!std::isfinite(one.ratio)) return times(one.ratio);
    if (!one.is_shown()) return fmt::format("{} to {} ({} its speed)", kNoDifference, baseline, range(one));
    return fmt::format("{} the speed of {} ({}{})", times(one.ratio), baseline, without_sign(range(one)),
                       one.high < 1 ? ", slower" : "");
}

nlohmann::ordered_json to_json(const SpeedUp& one) {
    return {{"ratio", one.ratio}, {"low", one.low}, {"high", one.high}, {"shown", one.is_shown()}};
}

}  // namespace espalier::report
