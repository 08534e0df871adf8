// The panel layout of an activation matrix [batch][features]: [batch / 64][features][64], so that one feature
// of 64 rows of the batch is four 512-bit registers. What is left of the batch is a last panel that is 8, 16,
// 32, 48 or 64 wide; lanes behind the batch hold anything.
#pragma once

#include <cstdint>

namespace espalier::kernels {

struct Panels {
    static constexpr std::int64_t kWidth = 64;

    std::int64_t batch = 0;

    constexpr std::int64_t count() const { return (batch + kWidth - 1) / kWidth; }
    /// Rows of the batch in a panel.
    constexpr std::int64_t rows(std::int64_t panel) const {
        const std::int64_t left = batch - panel * kWidth;
        return left < kWidth ? left : kWidth;
    }
    /// Lanes of a panel.
    constexpr std::int64_t width(std::int64_t panel) const {
        const std::int64_t left = rows(panel);
        return left <= 8 ? 8 : (left + 15) / 16 * 16;
    }
    /// Where a panel starts, in floats.
    static constexpr std::int64_t start(std::int64_t panel, std::int64_t features) {
        return panel * kWidth * features;
    }
    /// Floats of the whole matrix.
    constexpr std::int64_t size(std::int64_t features) const {
        return batch == 0 ? 0 : start(count() - 1, features) + width(count() - 1) * features;
    }
};

}  // namespace espalier::kernels
