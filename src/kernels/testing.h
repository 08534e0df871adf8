// What the kernels' tests and benchmarks share: sparse matrices and buffers at any alignment.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/halves.h"

namespace espalier::kernels::testing {

inline std::vector<float> random_values(std::size_t count, const std::string& purpose) {
    std::vector<float> values(count);
    Random random(5, purpose);
    for (float& value : values) value = 2.0F * random.uniform() - 1.0F;
    return values;
}

/// `density` of the values are not zero, at random places.
inline std::vector<float> sparse_values(std::size_t count, double density, const std::string& purpose) {
    std::vector<float> values = random_values(count, purpose);
    Random random(6, purpose);
    for (float& value : values) {
        if (random.uniform() >= static_cast<float>(density)) value = 0.0F;
    }
    return values;
}

/// Rows of `columns` values, of which `density` are not zero: the same places in each `unit` neighbouring
/// rows.
inline std::vector<float> blocks_of_rows(std::size_t rows, std::size_t columns, std::size_t unit,
                                         double density, const std::string& purpose) {
    std::vector<float> values = random_values(rows * columns, purpose);
    Random random(6, purpose);
    for (std::size_t first = 0; first < rows; first += unit) {
        for (std::size_t column = 0; column < columns; ++column) {
            if (random.uniform() < static_cast<float>(density)) continue;
            for (std::size_t row = first; row < rows && row < first + unit; ++row)
                values[row * columns + column] = 0;
        }
    }
    return values;
}

/// The same without the bits that the type has no room for.
inline std::vector<float> halves(std::vector<float> values, HalfType type) {
    for (float& value : values) {
        const std::uint32_t mask = type == HalfType::f16 ? 0xffffe000U : 0xffff0000U;
        value = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & mask);
        if (type == HalfType::f16 && std::abs(value) < 1.0F / (1 << 14)) value = 0;
    }
    return values;
}

/// Floats that start `misaligned` floats behind a cache line, between guards that reveal a write outside.
class Buffer {
  public:
    Buffer(std::size_t count, std::size_t misaligned, float fill)
        : storage_(count + 2 * kGuard + 2 * kLine, kGuardValue), count_(count) {
        const auto address = reinterpret_cast<std::uintptr_t>(storage_.data() + kGuard) / sizeof(float);
        start_ = kGuard + (kLine - address % kLine) % kLine + misaligned;
        for (std::size_t i = 0; i < count; ++i) data()[i] = fill;
    }
    Buffer(const std::vector<float>& values, std::size_t misaligned)
        : Buffer(values.size(), misaligned, 0.0F) {
        for (std::size_t i = 0; i < values.size(); ++i) data()[i] = values[i];
    }

    float* data() { return storage_.data() + start_; }
    bool guards_untouched() const {
        for (std::size_t i = 0; i < storage_.size(); ++i) {
            if ((i < start_ || i >= start_ + count_) && storage_[i] != kGuardValue) return false;
        }
        return true;
    }

  private:
    static constexpr std::size_t kLine = 16;  // floats in a cache line
    static constexpr std::size_t kGuard = 32;
    static constexpr float kGuardValue = -12345.0F;
    std::vector<float> storage_;
    std::size_t count_;
    std::size_t start_ = 0;
};

}  // namespace espalier::kernels::testing
