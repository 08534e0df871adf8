// Convolution of images of 8-bit integers, channels last, and matrix products (images of one row):
//   s[n, p, o] = sum over taps t and channels c of (x[n, p + t, c] - zero of x) (w[o, t, c] - zero of w[o])
//   y = bounded(s * scale[o] + shift[o]), as f32, or rounded (half to even) plus the zero point of y.
//
// Pairs: both operands are widened to 16 bits less their zero points, so pixels outside the image are 0 and
// each product of two pairs with its sum in 32 bits is exact: two instructions of 16 products on AVX2
// (vpmaddwd, vpaddd), where products of bytes (vpmaddubsw) would saturate and take three. Quads, with AVX-512
// VNNI: bytes as they are, four products in a lane (vpdpbusd),
//   s = sum of x v + d * sum of x - zero of x * sum of w,  with x as u8 and w = v + d, where v is an i8,
// to the same bits; d, of each output, is 0 where w is an i8 itself. Sums wrap around at 2^31, which takes
// 33,000 products of the largest numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/huge_pages.h"
#include "kernels/conv_f32_panel/conv_shape.h"

namespace espalier::kernels {

/// Bytes that count from `zero`: of u8, or of i8.
struct ByteQuantum {
    bool is_signed = false;
    std::int32_t zero = 0;

    // As u8: what makes a byte one, and the zero point then.
    std::uint8_t flip() const { return is_signed ? 0x80 : 0; }
    std::int32_t origin() const { return zero + (is_signed ? 128 : 0); }

    std::int32_t least() const { return is_signed ? -128 : 0; }
    std::int32_t most() const { return is_signed ? 127 : 255; }
};

/// What becomes of the sums.
struct ByteFinish {
    const float* scale = nullptr;  // of each output of all groups,
    const float* shift = nullptr;  // likewise
    float low = 0, high = 0;       // bounds before rounding; of bytes those that they have at most
    bool bytes = true;             // else y is f32
    ByteQuantum y = {};

    /// Both bounds; of bytes within what they hold, less their zero point, so that nothing is left to
    /// saturate even where a Clip ends below that.
    std::pair<float, float> bounds() const {
        if (!bytes) return {low, high};
        const auto least = static_cast<float>(y.least() - y.zero),
                   most = static_cast<float>(y.most() - y.zero);
        return {std::clamp(low, least, most), std::clamp(high, least, most)};
    }
};

/// Where channel `c` of 64 lies among numbers made of bytes that were interleaved in fours, in lanes of 16:
/// vector v has 4 v to 4 v + 3 of every lane.
constexpr std::int64_t interleaved_place(std::int64_t c) { return c % 16 / 4 * 16 + c / 16 * 4 + c % 4; }

/// How many neighbouring products are summed in a lane.
enum class ByteProducts : unsigned char { pairs, quads };

/// Quads where the processor has them.
ByteProducts fastest_products();

/// Weights as the kernel reads them: pairs or quads of a tile's outputs beside each other.
class PackedBytes {
  public:
    /// `w` less its zero points, [groups * outputs][taps][channels], from -255 to 255. For quads those of an
    /// output are at most 255 apart, as bytes are.
    PackedBytes(const ConvShape& shape, std::span<const std::int16_t> w, ByteProducts products);
    PackedBytes(const ConvShape& shape, std::span<const std::int16_t> w)
        : PackedBytes(shape, w, fastest_products()) {}

    ByteProducts products() const { return products_; }
    /// What it runs with: "avx2", "avx512_vnni".
    std::string instruction_set() const;
    std::int64_t steps() const { return steps_; }  // pairs or quads of an output
    std::int64_t tiles() const { return tiles_; }  // of a group
    const std::byte* tile(std::int64_t group, std::int64_t index) const {
        return values_.data() + (group * tiles_ + index) * tile_bytes();
    }
    /// Sums of the weights of each output of a tile of quads.
    const std::int32_t* totals(std::int64_t group, std::int64_t index) const {
        return totals_.data() + (group * tiles_ + index) * width_;
    }
    /// What was taken from the weights of each output of a tile; null where it is nothing everywhere.
    const std::int32_t* offsets(std::int64_t group, std::int64_t index) const {
        return offsets_.empty() ? nullptr : offsets_.data() + (group * tiles_ + index) * width_;
    }

  private:
    std::int64_t tile_bytes() const { return steps_ * width_ * 4; }

    ByteProducts products_;
    std::int64_t width_, steps_, tiles_;
    WeightVector<std::byte> values_;
    WeightVector<std::int32_t> totals_, offsets_;
};

class ConvI8 {
  public:
    ConvI8(const ConvShape& shape, std::shared_ptr<const PackedBytes> weights, int threads);

    std::size_t scratch_bytes() const { return scratch_of_thread_ * static_cast<std::size_t>(threads_); }
    /// `x` is [images][positions of the input][groups * channels], `y` likewise with outputs, of bytes or
    /// f32. The result does not depend on the number of threads.
    void run(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
             std::byte* scratch) const noexcept;

  private:
    ConvShape shape_;
    std::shared_ptr<const PackedBytes> weights_;
    int threads_;
    std::int64_t rows_;    // of a block
    std::int64_t blocks_;  // of rows,
    std::int64_t parts_;   // each in so many parts of the tiles
    std::size_t scratch_of_thread_;
};

/// The same in plain loops, rounded in double.
void conv_i8_reference(const ConvShape& shape, std::span<const std::int16_t> w, const std::uint8_t* x,
                       const ByteQuantum& quantum, void* y, const ByteFinish& finish);

}  // namespace espalier::kernels
