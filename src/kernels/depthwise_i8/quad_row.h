// A row of the output by products of quads: what a thread computes at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv_i8/conv_i8.h"

namespace espalier::kernels {

inline constexpr std::int64_t kQuadChannels = 64;
inline constexpr std::size_t kQuadBytes = kQuadChannels * 4;
inline constexpr std::int64_t kQuadOutputsAtOnce = 32;  // so that what they read stays in the L1 cache

/// Rows of the window, of all its planes.
inline std::int64_t rows_of_column(const ConvShape& shape) { return shape.kernel[0] * shape.kernel[1]; }
inline std::int64_t quads_of_column(const ConvShape& shape) { return (rows_of_column(shape) + 3) / 4; }

struct QuadRow {
    const ConvShape& shape;
    const std::int32_t* weights;  // as depthwise_quads() orders them, like the next three
    const std::int32_t* start;    // of the sums: what the zero point of x takes from them
    const float *scale, *shift;
    const ByteFinish& finish;
    std::uint8_t zero, flip;          // of x as u8, and what makes it u8
    const std::uint8_t* const* rows;  // [quads of a column][4], null outside the image
    std::uint8_t* columns;            // room for interleaved columns, at a cache line
    std::uint8_t* y;
};

/// On a processor with AVX-512 VNNI.
void run_quad_row(const QuadRow& row);

}  // namespace espalier::kernels
