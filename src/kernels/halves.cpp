#include "kernels/halves.h"

#include <bit>
#include <cmath>

#include "base/halves.h"

namespace espalier::kernels {
namespace {

constexpr std::uint32_t kSign = 0x80000000U;
// As bits of f32: 2^-24, the least of f16, 2^-14, below which it has fewer bits, and 2^16, behind its
// largest.
constexpr std::uint32_t kLeast = 0x33800000U;
constexpr std::uint32_t kLeastWhole = 0x38800000U;
constexpr std::uint32_t kTooLarge = 0x47800000U;
constexpr std::uint32_t kNotFinite = 0x7f800000U;
constexpr std::uint32_t kRestOfF16 = 0x1fffU;  // bits of an f32 that an f16 has no room for
constexpr std::uint32_t kRestOfBf16 = 0xffffU;
constexpr float kSteps = 1 << 24;  // of numbers below 2^-14, in 1

/// How many steps of 2^-24 a number below 2^-14 is from 0.
float steps_of(std::uint32_t size) { return std::bit_cast<float>(size) * kSteps; }

bool is_f16(std::uint32_t bits) {
    const std::uint32_t size = bits & ~kSign;
    if (size < kLeast) return size == 0;
    if (size < kLeastWhole) return steps_of(size) == std::floor(steps_of(size));
    return size < kTooLarge && (size & kRestOfF16) == 0;
}

bool is_bf16(std::uint32_t bits) { return (bits & ~kSign) < kNotFinite && (bits & kRestOfBf16) == 0; }

}  // namespace

std::optional<HalfType> half_type_of(std::span<const float> values) {
    bool f16 = true;
    bool bf16 = true;
    for (const float value : values) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        f16 = f16 && is_f16(bits);
        bf16 = bf16 && is_bf16(bits);
        if (!f16 && !bf16) return std::nullopt;
    }
    return f16 ? HalfType::f16 : HalfType::bf16;
}

std::uint16_t to_half(float value, HalfType type) {
    return type == HalfType::f16 ? to_f16(value) : to_bf16(value);
}

}  // namespace espalier::kernels
