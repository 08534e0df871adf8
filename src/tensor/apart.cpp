#include "tensor/apart.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace espalier {

Apart apart(std::span<const float> expected, std::span<const float> got) {
    double largest = 0;
    double difference = 0;
    Apart result;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto a = static_cast<double>(expected[i]);
        const auto b = static_cast<double>(got[i]);
        if (std::isfinite(a)) {
            result.has_number = true;
            largest = std::max(largest, std::abs(a));
        }
        if (a == b || (std::isnan(a) && std::isnan(b))) continue;
        const double apart = std::abs(a - b);
        difference = std::isnan(difference) || std::isnan(apart) ? std::numeric_limits<double>::quiet_NaN()
                                                                 : std::max(difference, apart);
    }
    result.share = difference / std::max(largest, 1e-6);
    return result;
}

}  // namespace espalier
