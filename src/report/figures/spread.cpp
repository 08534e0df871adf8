#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "espalier/report.h"

namespace espalier::report {

Spread spread(const std::vector<double>& values) {
    if (values.empty()) return {};
    const int count = static_cast<int>(values.size());
    // A replicate that diverged must not vanish from the mean or hide between the others.
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); })) {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        return {nan, nan, nan, count};
    }
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    // Rounding must not put the mean of equal values outside them, nor part them.
    Spread all{std::clamp(mean, *low, *high), *low, *high, count};
    if (count < 2) return all;
    double squares = 0;
    for (const double value : values) squares += (value - all.mean) * (value - all.mean);
    all.deviation = std::sqrt(squares / (count - 1));
    return all;
}

}  // namespace espalier::report
