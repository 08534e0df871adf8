// Y[n][o][p] = f(bias[o] + sum over taps t of W[o][t] * X[n][c][p + t] + R[n][o][p]), a convolution of each
// channel c by itself, of images that lie row by row.
//
// A channel is copied with its padding, rows cut into phases (ConvInput): what a tap meets along a row of the
// output then lies beside each other, whatever the stride. A vector of several rows of the output is held in
// registers, and takes one tap after the other; of windows of 3 x 3 what lies in a row is loaded once for all
// outputs that it counts in. So layers on panels, which lie row by row, need no change of layout between them
// (MobileNet).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/conv_f32_panel/conv_f32_panel.h"

namespace espalier::kernels {

/// Weights as the kernel reads them.
struct DepthwiseTaps {
    /// `w` [outputs][taps], `bias` one an output. With `skips_zeros` taps of zero weight are left out, and
    /// 0 * Inf and 0 * NaN count as 0.
    DepthwiseTaps(const ConvShape& shape, std::span<const float> w, std::vector<float> bias,
                  bool skips_zeros);

    std::vector<std::uint32_t> first;    // tap of each output, and behind the last
    std::vector<std::uint32_t> offsets;  // in a prepared channel
    std::vector<float> values;
    std::vector<float> bias;
};

class DepthwiseF32 {
  public:
    /// A group of `shape` has one channel, and any number of outputs.
    DepthwiseF32(const ConvShape& shape, DepthwiseTaps taps, int threads);

    std::size_t scratch_bytes() const;
    /// Every output is summed in the order of the taps, so the result does not depend on the threads.
    void run(const float* x, float* y, const ConvFinish& finish, std::byte* scratch) const noexcept;

  private:
    std::int64_t thread_floats() const;

    ConvShape shape_;
    ConvInput input_;
    DepthwiseTaps taps_;
    int threads_;
};

/// The instruction set it runs with: "avx2".
std::string depthwise_f32_instruction_set();

}  // namespace espalier::kernels
