// The convolution of conv_i8, to the same bits, on instructions that sum the products of 4 bytes: tiles of
// AMX (tdpbusd) or AVX-512 VNNI (vpdpbusd). Quads of weights that are zero in a whole group of rows are
// skipped: granularities 32x4, 16x4, 8x4, 4x4, and what they divide.
//   s = sum of x w - zero of x * sum of w,  with x as u8 and w as i8; none of the sums can saturate.
//
// The input is laid out as [channels / 4][positions][4], see conv_planes.h, where a quad of weights meets
// neighbouring positions side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/conv_i8/conv_i8.h"
#include "kernels/conv_i8_quads/byte_quads.h"
#include "kernels/conv_planes.h"

namespace espalier::kernels {

/// What does the products.
enum class ByteUnit : unsigned char { amx, avx512_vnni };

/// Those of this processor, the faster one first.
std::vector<ByteUnit> byte_units();
/// "amx", "avx512_vnni".
const char* name_of(ByteUnit unit);
/// Rows of a group that it can take, the most first.
std::vector<int> rows_of(ByteUnit unit);

class ConvI8Quads {
  public:
    /// Whether its input laid out in planes is within reach of offsets of 32 bits.
    static bool reaches(const ConvShape& shape);
    /// Weights of each group of the convolution. Throws InvalidArgument where they do not fit the shape, or
    /// it is out of reach.
    ConvI8Quads(const ConvShape& shape, std::vector<std::shared_ptr<const ByteQuads>> groups, int threads);

    std::size_t scratch_bytes() const;
    /// As ConvI8::run.
    void run(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
             std::byte* scratch) const noexcept;

  private:
    std::size_t thread_bytes() const;
    std::size_t planes_bytes() const;
    void run_image(const std::uint8_t* planes, std::int32_t zero, void* y, const ByteFinish& finish,
                   std::byte* scratch) const noexcept;

    ConvShape shape_;
    ConvPlanes planes_;
    std::vector<std::shared_ptr<const ByteQuads>> groups_;
    int threads_;
    std::vector<std::vector<std::int32_t>> offsets_;  // of each group's quads, in bytes
};

}  // namespace espalier::kernels
