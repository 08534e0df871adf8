// A row of floats to mean 0 and variance 1, computed in double.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/reductions/fold_lanes.h"

namespace espalier::runtime {

struct Moments {
    float mean = 0;
    float inverse_deviation = 1;  // 1 / sqrt(variance + epsilon)

    static Moments of(const float* x, std::int64_t count, double epsilon) {
        const auto add = [](double a, double b) { return a + b; };
        const auto n = static_cast<double>(count);
        const double mean =
            fold_lanes(
                x, count, 0.0, [](double sum, float v) { return sum + static_cast<double>(v); }, add) /
            n;
        const auto squared = [mean](double sum, float v) {
            const double far = static_cast<double>(v) - mean;
            return sum + far * far;
        };
        const double variance = fold_lanes(x, count, 0.0, squared, add) / n;
        return {static_cast<float>(mean), static_cast<float>(1 / std::sqrt(variance + epsilon))};
    }

    /// y = (x - mean) / deviation * scale + bias.
    void apply(const float* x, float scale, float bias, float* y, std::int64_t count) const {
        const float factor = scale * inverse_deviation;
        for (std::int64_t i = 0; i < count; ++i) y[i] = (x[i] - mean) * factor + bias;
    }
};

}  // namespace espalier::runtime
