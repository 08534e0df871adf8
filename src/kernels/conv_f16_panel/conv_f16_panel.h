// Y[n][o] = f(bias[o] + sum_k W[o][k] * X[n][k] + R[n][o]), a convolution or a product with sparse W, its
// products in f16: an instruction of AVX-512 FP16 does 32 of them, twice as many as of f32.
//
// For up to 128 positions of the output at a time, what a block of columns of W reads is rounded to f16 into
// a panel in the L1 cache, as [column][lanes]. Products are summed in f16 over runs of at most 64 weights, in
// chains of at most 32, and the runs in f32. With u = 2^-11 a sum is off by at most
//
//     (33 u / (1 - 33 u) + 2 u + u^2) S + 2^-20 (1 + n / 64) N max|X|,
//
// S = sum_k |W[o][k] X[n][k]|, N = sum_k |W[o][k]| of n weights: 1.8 % of S. The first term is that of a
// chain and of adding two of them (Higham, Accuracy and Stability of Numerical Algorithms, 2002,
// section 3.1), the second of rounding W and X, the last of numbers below 2^-14, which have fewer bits.
// Errors of random signs add up to about a tenth of a percent of the size of the sums.
//
// Powers of two keep everything within what f16 holds, whatever the network's numbers: rows of W are scaled
// (f16_rows.h), and X where its largest value is not within [1/16, 256].
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/conv_f16_panel/f16_rows.h"
#include "kernels/conv_f32_panel/conv_f32_panel.h"

namespace espalier::kernels {

class ConvF16Panel {
  public:
    static constexpr std::int64_t kMostLanes = 128;

    /// Weights of each group, a row an output and shape.columns() columns; a panel is of `lanes`, 32, 64, 96
    /// or 128. With `rows`, of windows of one pixel without strides and padding alone, X and Y are rows of
    /// all channels, [images][positions][channels]; else [images][channels][positions]. Throws
    /// InvalidArgument where they do not fit. The processor must have AVX-512 FP16 to run it.
    ConvF16Panel(const ConvShape& shape, std::vector<std::shared_ptr<const F16Rows>> groups, bool rows,
                 int threads, std::int64_t lanes);

    std::size_t scratch_bytes() const;
    /// Zeros in W are skipped, so 0 * Inf and 0 * NaN count as 0. The residual lies as Y does. Every output
    /// is summed in one order, so the result does not depend on the threads.
    void run(const float* x, float* y, const ConvFinish& finish, std::byte* scratch) const noexcept;

  private:
    struct Room;  // where in the scratch memory what lies
    Room room() const;
    float prepare(const float* image, const Room& room, std::byte* scratch) const noexcept;
    void run_panel(std::int64_t group, std::int64_t panel, const float* image, float* y,
                   const ConvFinish& finish, float worth, std::byte* prepared, std::byte* own) const noexcept;

    ConvShape shape_;
    ConvInput input_;
    std::vector<std::shared_ptr<const F16Rows>> groups_;
    bool rows_;
    int threads_;
    std::int64_t lanes_;
    std::int64_t block_columns_ = 0;     // the most of a block
    std::vector<std::int64_t> offsets_;  // of each column
};

}  // namespace espalier::kernels
