// Convolution of each channel by itself, of images of 8-bit integers, channels last:
//   s[n, p, c] = sum over taps t of (x[n, p + t, c] - zero of x) (w[c, t] - zero of w[c]),
// finished as conv_i8 does, and exact as it is.
// Pairs: two taps at a time, their bytes of 16 channels (AVX2) beside each other, widened to 16 bits, are
// multiplied and added in pairs.
// Quads (AVX-512 VNNI): the bytes of 4 rows of the window of 64 channels are interleaved once for each pixel
// of the row and serve all columns of the window.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/conv_i8/conv_i8.h"

namespace espalier::kernels {

/// Weights as the kernel reads them.
struct DepthwiseBytes {
    /// `w` less its zero points, [channels][taps], from -255 to 255, in quads from -128 to 127.
    DepthwiseBytes(const ConvShape& shape, std::span<const std::int16_t> w, ByteProducts products);
    DepthwiseBytes(const ConvShape& shape, std::span<const std::int16_t> w)
        : DepthwiseBytes(shape, w, fastest_form(w)) {}

    /// Quads where the processor has them and the weights fit.
    static ByteProducts fastest_form(std::span<const std::int16_t> w);

    /// What it runs with: "avx2", "avx512_vnni".
    std::string instruction_set() const;

    ByteProducts products;
    std::int64_t step;   // from pair to pair: channels, rounded up to whole vectors
    std::int64_t pairs;  // of taps
    /// [pairs][step]: the first tap's in the lower 16 bits, the second's above. Or quads as depthwise_quads()
    /// orders them.
    WeightVector<std::int32_t> values;
    std::vector<std::int32_t> totals;  // of each channel
};

class DepthwiseI8 {
  public:
    /// A group of `shape` has one channel and one output.
    DepthwiseI8(const ConvShape& shape, std::shared_ptr<const DepthwiseBytes> weights, int threads)
        : shape_(shape), weights_(std::move(weights)), threads_(threads) {}

    std::size_t scratch_bytes() const;
    /// As ConvI8::run().
    void run(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
             std::byte* scratch) const noexcept;

  private:
    void run_pairs(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
                   std::byte* scratch) const noexcept;

    ConvShape shape_;
    std::shared_ptr<const DepthwiseBytes> weights_;
    int threads_;
};

}  // namespace espalier::kernels
