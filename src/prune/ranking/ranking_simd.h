// The inner loops of ranking, compiled for each instruction set and chosen when the program runs.
#pragma once

#include <cstdint>
#include <span>

namespace espalier::prune {

/// out[i] = |values[i]|. Sizes are equal.
void absolute(std::span<const float> values, std::span<float> out) noexcept;
/// Bit i: scores[i] > threshold. Writes ceil(size / 64) words; bits behind the last score are 0.
void bits_greater(std::span<const float> scores, float threshold, std::uint64_t* bits) noexcept;
/// Bit i: scores[i] >= threshold.
void bits_not_less(std::span<const float> scores, float threshold, std::uint64_t* bits) noexcept;
/// Both at once: bits of scores[i] >= low and of scores[i] > high. Meanwhile the processor fetches as many
/// floats from `ahead`, unless it is nullptr. False if a score is NaN or infinite; -infinity passes with
/// `some_gone`.
bool classify(std::span<const float> scores, float low, float high, bool some_gone, std::uint64_t* not_less,
              std::uint64_t* greater, const float* ahead) noexcept;
/// Bit i: fewer than `n` of the scores of its group beat scores[i]; groups are m scores next to each other,
/// from the first on, and earlier ones win ties. False, with nothing written, where groups of m do not fill
/// vectors; up to words_for(size) words otherwise. `size` is a multiple of m.
bool bits_best_of_groups(std::span<const float> scores, std::int64_t n, std::int64_t m,
                         std::uint64_t* bits) noexcept;
/// Number of bits set.
std::int64_t count_ones(std::span<const std::uint64_t> words) noexcept;
/// No NaN and no infinity.
bool all_finite(std::span<const float> scores) noexcept;
/// scores[i] = value where bit i is 0.
void fill_where_zero(std::span<float> scores, const std::uint64_t* bits, float value) noexcept;

}  // namespace espalier::prune
