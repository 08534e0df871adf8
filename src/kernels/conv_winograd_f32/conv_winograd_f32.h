// Dense 3x3 convolutions of stride 1 over images whose batch lies innermost, [channel][y][x][batch], by
// Winograd's algorithm F(2x2, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
// 2015): four outputs of a channel take 16 products, not 36. With * element by element, of each tile of 2x2
// outputs and the 4x4 pixels x that it reads:
//   U = G w G'    V = B' x B    y = A' (sum over channels of U * V) A
//   dU = sum over tiles and batch of (A dy A') * V    dw = G' dU G
//   G  = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1]
//   B' = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1]
//   A' = [1 1 1 0; 0 1 -1 -1]
// dx is the same convolution of dy with w turned by 180 degrees. Lanes are samples, so that transforms are
// sums of vectors and nothing is shuffled. A NaN or Inf reaches all outputs of the tiles that read it.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/conv_f32_panel/conv_shape.h"
#include "kernels/conv_winograd_f32/winograd_tiles.h"

namespace espalier::kernels {

/// Whether these kernels compute it: two axes, 3x3, stride and dilation 1, one group, at most 2 pixels of
/// padding before and behind.
bool fits_winograd(const ConvShape& shape);

/// y of x with weights w [outputs][channels][3][3] and `bias`, one an output, or null. In one order,
/// whatever the threads.
void conv_winograd_f32(const ConvShape& shape, std::int64_t batch, const float* w, const float* bias,
                       const float* x, float* y, int threads);

/// dx of dy.
void conv_winograd_input_gradient_f32(const ConvShape& shape, std::int64_t batch, const float* w,
                                      const float* dy, float* dx, int threads);
/// dw of x and dy. In one order, whatever the threads.
void conv_winograd_weight_gradient_f32(const ConvShape& shape, std::int64_t batch, const float* x,
                                       const float* dy, float* dw, int threads);

/// How they cut the images of a batch.
WinogradTiles winograd_tiles(const ConvShape& shape, std::int64_t batch);

/// The instruction set they run with: "avx2".
std::string conv_winograd_f32_instruction_set();

}  // namespace espalier::kernels
