#include <fmt/format.h>

#include <cmath>

#include "base/text/numbers.h"
#include "surgery/permutation/permutation.h"

namespace espalier::surgery {

OrderGain gain_of(const std::vector<Reordered>& units) {
    OrderGain gain;
    for (const Reordered& one : units) {
        gain.moved += one.moved;
        gain.kinds += one.moved > 0 ? 1 : 0;
    }
    return gain;
}

double magnitude_kept(const Weights& weights, const prune::MaskSet& masks) {
    double all = 0;
    double left = 0;
    for (const auto& [name, mask] : masks) {
        const std::span<const float> values = weights.at(name).f32();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double size = std::abs(static_cast<double>(values[i]));
            all += size;
            if (mask[static_cast<std::int64_t>(i)]) left += size;
        }
    }
    return all > 0 ? left / all : 1;
}

std::string to_text(const OrderGain& gain) {
    if (!gain.is_applied())
        return fmt::format(
            "permutation: nothing was reordered, as no order keeps more than {:.2f} % of the magnitude",
            100 * gain.before);
    return fmt::format(
        "permutation: {:.2f} % of the magnitude kept instead of {:.2f} %: {} outputs of {} kinds changed "
        "places; outputs of the network differ by {:.1g} of the largest",
        100 * gain.after, 100 * gain.before, with_commas(gain.moved), gain.kinds, gain.difference);
}

std::string metadata_of(const OrderGain& gain, const std::string& granularity) {
    return fmt::format("granularity {}: {:.4f} of the magnitude kept instead of {:.4f}", granularity,
                       gain.after, gain.before);
}

}  // namespace espalier::surgery
