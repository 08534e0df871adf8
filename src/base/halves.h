// Numbers of 16 bits, as IEEE's binary16 (f16) and as the upper half of an f32 (bf16).
#pragma once

#include <cstdint>

namespace espalier {

float from_f16(std::uint16_t bits);
float from_bf16(std::uint16_t bits);
/// The nearest, of two that are as near the even one; infinity where that is nearer than the largest number.
std::uint16_t to_f16(float value);
std::uint16_t to_bf16(float value);

}  // namespace espalier
