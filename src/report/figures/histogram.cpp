#include "report/figures/histogram.h"

#include <algorithm>
#include <cmath>

namespace espalier::report {

float reach(std::span<const float> weights) {
    float most = 0;
    for (const float weight : weights) {
        if (std::isfinite(weight)) most = std::max(most, std::abs(weight));
    }
    return most;
}

float rounded_up(float reach) {
    if (!(reach > 0)) return reach;
    const double unit = std::pow(10.0, std::floor(std::log10(reach)) - 1);
    return static_cast<float>(std::ceil(reach / unit) * unit);
}

Histogram histogram(std::span<const float> weights, float reach, int bins, bool zeros) {
    Histogram out{std::vector<std::int64_t>(static_cast<std::size_t>(bins), 0), 0};
    const double scale = reach > 0 ? bins / (2.0 * reach) : 0;
    for (const float weight : weights) {
        if (!std::isfinite(weight)) {
            ++out.not_finite;
            continue;
        }
        if (weight == 0 && !zeros) continue;
        const auto bin = static_cast<int>((static_cast<double>(weight) + reach) * scale);
        ++out.counts[static_cast<std::size_t>(std::clamp(bin, 0, bins - 1))];
    }
    return out;
}

}  // namespace espalier::report
