// The inner loops of ranking, compiled for each instruction set and chosen when the program runs.
#pragma once

#include <cstdint>
#include <span>

namespace espalier::prune {

/// Bit i: scores[i] > threshold. Writes ceil(size / 64) words; bits behind the last score are 0.
void bits_greater(std::span<const float> scores, float threshold, std::uint64_t* bits) noexcept;
/// Bit i: scores[i] >= threshold.
void bits_not_less(std::span<const float> scores, float threshold, std::uint64_t* bits) noexcept;
/// No NaN and no infinity.
bool all_finite(std::span<const float> scores) noexcept;
/// scores[i] = value where bit i is 0.
void fill_where_zero(std::span<float> scores, const std::uint64_t* bits, float value) noexcept;

}  // namespace espalier::prune
