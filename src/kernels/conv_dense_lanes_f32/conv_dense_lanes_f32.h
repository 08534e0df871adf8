// Dense convolutions over images whose batch lies innermost, [channel][y][x][batch], as products of matrices:
// of a few pixels of as many samples as vectors have lanes, all that the filters meet there is copied beside
// one another, and multiplied with four filters at a time.
//   y[k][o][n] = bias[k] + sum over c and taps of w[k][c][tap] * x[c][o * stride + tap * dilation - pad][n]
// The gradient of the input is the same for each phase of its pixels, those from which a stride away the same
// taps reach outputs.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/conv_f32_panel/conv_shape.h"

namespace espalier::kernels {

/// Of a convolution of at most two axes and one group. w is [outputs][channels][taps]; `bias` one an output,
/// or null. All are summed in one order, whatever the threads.
void conv_dense_lanes_f32(const ConvShape& shape, std::int64_t batch, const float* w, const float* bias,
                          const float* x, float* y, int threads);
/// dx of dy.
void conv_dense_lanes_input_gradient_f32(const ConvShape& shape, std::int64_t batch, const float* w,
                                         const float* dy, float* dx, int threads);
/// dw of x and dy.
void conv_dense_lanes_weight_gradient_f32(const ConvShape& shape, std::int64_t batch, const float* x,
                                          const float* dy, float* dw, int threads);

/// The instruction set they run with: "avx2".
std::string conv_dense_lanes_f32_instruction_set();

}  // namespace espalier::kernels
