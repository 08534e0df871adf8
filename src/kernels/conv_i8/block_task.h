// A block of rows (positions of the output) by some tiles of outputs: what one thread computes at a time.
#pragma once

#include <cstddef>
#include <cstdint>

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
    std::byte* panel;  // of rows, row_bytes() apart
    std::byte* sums;   // room for an i32 of each row, of quads
};

// Of products of quads: what is in registers at a time, and the most rows of a panel.
inline constexpr std::int64_t kQuadRows = 8;
inline constexpr std::int64_t kQuadOutputs = 32;
inline constexpr std::int64_t kMostQuadRows = 1024;

/// From row to row of a panel. At least 64 more than they need: room to write too many, and as rows a
/// multiple of 4 KB apart would meet in the same places of the L1 cache.
inline std::int64_t row_bytes(std::int64_t columns, ByteProducts products) {
    const std::int64_t bytes = columns * (products == ByteProducts::quads ? 1 : 2);
    return (bytes + 63) / 64 * 64 + 64;
}

/// Of sums of `rows` rows, in whole cache lines.
inline std::int64_t sums_bytes(std::int64_t rows) { return (rows * 4 + 63) / 64 * 64; }

/// Weights in quads, on a processor with AVX-512 VNNI.
void run_block_vnni(const ByteBlock& block);

}  // namespace espalier::kernels
