// Sparse convolutions with the batch in lanes (kernels/conv_lanes_f32/lane_stencil.h), and the gradient of
// their weights at the nonzeros alone.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "kernels/conv_lanes_f32/lane_stencil.h"

namespace espalier::kernels {

/// Writes every pixel of the stencil's rows. `values` are the weights at its offsets, `bias` one a row, or
/// null. Zeros outside of images are multiplied, so 0 * Inf and 0 * NaN count there. Every output is summed
/// in one order, whatever the threads.
void conv_lanes_f32(const LaneStencil& stencil, std::int64_t batch, const float* values, const float* bias,
                    const float* in, float* out, int threads);

/// gradient[weight] = sum over pixels and batch of in[p][y + dy][x + dx][n] * out[r][y][x][n] for each tap.
/// In one order, whatever the threads.
void sample_lanes_f32(const LaneStencil& stencil, std::int64_t batch, const float* in, const float* out,
                      float* gradient, int threads);

/// Both gradients of a convolution whose LaneStencil::backward this is, with `values` at its offsets: dx as
/// conv_lanes_f32 writes it, dw as sample_lanes_f32 does. With few weights both read dz once.
void gradients_lanes_f32(const LaneStencil& backward, std::int64_t batch, const float* values,
                         const float* dz, const float* x, float* dx, float* dw, int threads);

/// The instruction set they run with: "avx2".
std::string conv_lanes_f32_instruction_set();

/// The same in plain loops over dense weights [groups * outputs][columns], in double.
void conv_lanes_f32_reference(const ConvShape& shape, std::int64_t batch, std::span<const float> w,
                              std::span<const float> bias, const float* x, double* y);
/// dX [channels][y][x][batch] and dW [groups * outputs][columns] of dZ.
void conv_lanes_f32_gradients_reference(const ConvShape& shape, std::int64_t batch, std::span<const float> w,
                                        const float* x, const float* dz, double* dx, double* dw);

}  // namespace espalier::kernels
