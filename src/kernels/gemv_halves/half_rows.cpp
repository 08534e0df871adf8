#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "espalier/error.h"
#include "kernels/gemv_halves/gemv_halves.h"

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
constexpr std::uint32_t kExponentsApart = (127 - 15) << 10;  // of the biases, where f16 has its exponent
constexpr float kSteps = 1 << 24;                            // of numbers below 2^-14, in 1

/// How many steps of 2^-24 a number below 2^-14 is from 0.
float steps_of(std::uint32_t size) { return std::bit_cast<float>(size) * kSteps; }

bool is_f16(std::uint32_t bits) {
    const std::uint32_t size = bits & ~kSign;
    if (size < kLeast) return size == 0;
    if (size < kLeastWhole) return steps_of(size) == std::floor(steps_of(size));
    return size < kTooLarge && (size & kRestOfF16) == 0;
}

bool is_bf16(std::uint32_t bits) { return (bits & ~kSign) < kNotFinite && (bits & kRestOfBf16) == 0; }

std::uint16_t half_of(float value, HalfType type) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (type == HalfType::bf16) return static_cast<std::uint16_t>(bits >> 16);
    const std::uint32_t size = bits & ~kSign;
    const std::uint32_t half =
        size < kLeastWhole ? static_cast<std::uint32_t>(steps_of(size)) : (size >> 13) - kExponentsApart;
    return static_cast<std::uint16_t>((bits & kSign) >> 16 | half);
}

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

HalfRows::HalfRows(std::int64_t rows, std::int64_t columns, std::span<const float> w, HalfType type,
                   std::span<const float> bias)
    : rows_(rows), columns_(columns), type_(type), bias_(bias.begin(), bias.end()) {
    if (rows < 1 || columns < 1 || std::ssize(w) != rows * columns || std::ssize(bias) != rows)
        throw InvalidArgument(fmt::format("{} weights and {} biases for a matrix of {} x {}", w.size(),
                                          bias.size(), rows, columns));
    halves_.reserve(w.size());
    for (const float value : w) halves_.push_back(half_of(value, type));
}

}  // namespace espalier::kernels
