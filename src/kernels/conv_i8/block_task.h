// A block of rows (positions of the output) by some tiles of outputs: what one thread computes at a time.
#pragma once

#include "kernels/conv_i8/conv_i8.h"

namespace espalier::kernels {

struct ByteBlock {
    const ConvShape& shape;
    const PackedBytes& weights;
    std::int64_t group;
    std::int64_t first_row, rows;
    std::int64_t first_tile, last_tile;
    const std::uint8_t* x;
    ByteQuantum quantum;
    void* y;
    const ByteFinish& finish;
    std::int16_t* panel;  // of rows, row_step() apart
};

/// 16-bit numbers from row to row of a panel. At least 32 more than they need: room to write too many, and as
/// rows a multiple of 4 KB apart would meet in the same places of the L1 cache.
inline std::int64_t row_step(std::int64_t columns) { return (columns + 31) / 32 * 32 + 32; }

}  // namespace espalier::kernels
