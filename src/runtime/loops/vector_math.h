// Functions of one float that a compiler vectorises where they stand in a loop, as calls of <cmath> keep it
// from doing. Polynomials of Cephes (Moshier), within 3 units in the last place, NaN for NaN.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace espalier::runtime {

// Inlined into each clone of a function with ESPALIER_MULTIVERSION.
#define ESPALIER_VECTORISED __attribute__((always_inline)) inline

/// e^x for x in [-87, 88]; outside what it is at the end of that range.
ESPALIER_VECTORISED float bounded_exp(float x) {
    x = x < -87.0F ? -87.0F : x;
    x = x > 88.0F ? 88.0F : x;
    constexpr float kShift = 12582912;  // 1.5 * 2^23: adding it rounds to an integer, in the lowest bits
    const float shifted = x * 1.44269504088896341F + kShift;
    const float n = shifted - kShift;
    const auto exponent = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kShift);
    const float r = x - n * 0.693359375F + n * 2.12194440e-4F;  // ln 2 in two parts
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    const auto bits = static_cast<std::uint32_t>(exponent + 127) << 23U;
    return (p * r * r + r + 1.0F) * std::bit_cast<float>(bits);
}

ESPALIER_VECTORISED float fast_sigmoid(float x) { return 1.0F / (1.0F + bounded_exp(-x)); }

ESPALIER_VECTORISED float fast_tanh(float x) {
    const float size = x < 0 ? -x : x;
    const float z = x * x;
    float p = -5.70498872745e-3F;
    p = p * z + 2.06390887954e-2F;
    p = p * z - 5.37397155531e-2F;
    p = p * z + 1.33314422036e-1F;
    p = p * z - 3.33332819422e-1F;
    const float near = x + x * z * p;
    const float far = 1.0F - 2.0F / (bounded_exp(2 * size) + 1.0F);
    return size < 0.625F ? near : (x < 0 ? -far : far);
}

/// ln x for a normal x > 0.
ESPALIER_VECTORISED float normal_log(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);  // unsigned: -0 and NaN may wrap around
    // x = (1 + m) * 2^e with 1 + m in [sqrt(1/2), sqrt(2))
    const std::int32_t e = static_cast<std::int32_t>(bits - 0x3f3504f3U) >> 23;
    const float m = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(e) << 23U)) - 1.0F;
    const auto exponent = static_cast<float>(e);
    const float z = m * m;
    float p = 7.0376836292e-2F;
    p = p * m - 1.1514610310e-1F;
    p = p * m + 1.1676998740e-1F;
    p = p * m - 1.2420140846e-1F;
    p = p * m + 1.4249322787e-1F;
    p = p * m - 1.6668057665e-1F;
    p = p * m + 2.0000714765e-1F;
    p = p * m - 2.4999993993e-1F;
    p = p * m + 3.3333331174e-1F;
    const float y = m * z * p - exponent * 2.12194440e-4F - 0.5F * z;
    return m + y + exponent * 0.693359375F;
}

/// ln x; -Inf for 0, NaN below, and Inf for Inf.
ESPALIER_VECTORISED float fast_log(float x) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const bool tiny = x < std::numeric_limits<float>::min();  // its exponent is not in its bits
    float y = normal_log(tiny ? x * 8388608.0F : x) - (tiny ? 15.942385152878742F : 0.0F);  // 23 ln 2
    y = x == kInfinity ? x : y;
    y = x == 0 ? -kInfinity : y;
    return x < 0 || x != x ? std::numeric_limits<float>::quiet_NaN() : y;
}

/// ln(1 + x) for x in [0, 1].
ESPALIER_VECTORISED float fast_log1p(float x) {
    const float sum = 1.0F + x;
    return normal_log(sum) - ((sum - 1.0F) - x) / sum;  // less what rounding gave to the sum
}

}  // namespace espalier::runtime
