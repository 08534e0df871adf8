// Largest values under a window over images whose batch lies innermost, [channel][y][x][batch], and the
// gradient, which goes to where each was found:
//   y[c][o][n] = max over taps t inside the image of x[c][o * stride + t * dilation - pad][n]
//   dx[c][i][n] = sum over the outputs o that were found at i of dy[c][o][n]
#pragma once

#include <cstdint>
#include <string>

#include "kernels/conv_f32_panel/conv_shape.h"

namespace espalier::kernels {

/// Taps of a window are numbered in bytes.
inline constexpr std::int64_t kMostPoolTaps = 255;

/// `places` becomes the tap of each output: the first of equals, and of a NaN, which passes, the last. Reads
/// channels, input, output, kernel, stride, dilation and pad of `shape`, of at most two axes and
/// kMostPoolTaps taps; an output without a tap inside is -inf, and has no gradient.
void max_pool_lanes_f32(const ConvShape& shape, std::int64_t batch, const float* x, float* y,
                        std::uint8_t* places, int threads) noexcept;
void max_pool_lanes_gradient_f32(const ConvShape& shape, std::int64_t batch, const std::uint8_t* places,
                                 const float* dy, float* dx, int threads) noexcept;

/// The instruction set they run with: "avx2".
std::string max_pool_lanes_f32_instruction_set();

}  // namespace espalier::kernels
