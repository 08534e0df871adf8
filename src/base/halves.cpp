#include "base/halves.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace espalier {

float from_f16(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1fU;
    const std::uint32_t fraction = bits & 0x3ffU;
    if (exponent == 0) {  // 0 and what is below the normal numbers
        const float value = std::ldexp(static_cast<float>(fraction), -24);
        return sign != 0 ? -value : value;
    }
    const std::uint32_t wide = exponent == 31 ? 0xffU : exponent + 112;
    return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

std::uint16_t to_f16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
    const float size = std::fabs(value);
    if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7e00U);
    if (size == 0) return sign;
    if (size >= 65520.0F) return static_cast<std::uint16_t>(sign | 0x7c00U);  // rounds to infinity
    // Spacing of the numbers around `size`: 2^-24 below the normal ones.
    int exponent = 0;
    std::frexp(size, &exponent);
    const int spacing = std::max(exponent - 11, -24);
    const float steps = std::nearbyint(std::ldexp(size, -spacing));
    const auto whole = static_cast<std::uint32_t>(steps);
    // Carries into the exponent by itself: 2048 steps are one of the next binade.
    const auto base = static_cast<std::uint32_t>(spacing + 24) << 10;
    return static_cast<std::uint16_t>(sign | (base + whole));
}

float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

std::uint16_t to_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (std::isnan(value)) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}

}  // namespace espalier
