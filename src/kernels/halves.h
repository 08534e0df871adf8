// Weights of 16 bits: numbers that are kept as f16 or bf16 and computed with in f32.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace espalier::kernels {

enum class HalfType : std::uint8_t { f16, bf16 };

/// The type of 16 bits that holds every one of these exactly, f16 if both do. None: some value needs more
/// bits, or is not finite.
std::optional<HalfType> half_type_of(std::span<const float> values);

/// The nearest number of the type, as to_f16() and to_bf16().
std::uint16_t to_half(float value, HalfType type);

}  // namespace espalier::kernels
