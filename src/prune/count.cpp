#include "prune/count.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace espalier::prune {

std::int64_t floor_share(double share, std::int64_t count) {
    const double exact = share * static_cast<double>(count);
    const double nearest = std::nearbyint(exact);
    const double slack = 4 * std::numeric_limits<double>::epsilon() * static_cast<double>(count);
    return static_cast<std::int64_t>(std::abs(exact - nearest) <= slack ? nearest : std::floor(exact));
}

std::int64_t cut_for(const Target& target, std::int64_t count, std::int64_t left) {
    if (target.rate) return floor_share(*target.rate, left);
    std::int64_t zero = 0;
    if (target.sparsity) zero = floor_share(*target.sparsity, count);
    if (target.weights) zero = count - *target.weights;
    return std::max<std::int64_t>(0, zero - (count - left));
}

}  // namespace espalier::prune
