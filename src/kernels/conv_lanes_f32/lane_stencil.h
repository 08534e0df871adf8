// A sparse convolution, and its gradient, over images whose batch lies innermost: [channel][y][x][batch].
//   out[r][y][x][n] = bias[r] + sum over the taps (p, dy, dx, w) of row r of w * in[p][y + dy][x + dx][n]
// What is outside of a plane is zero. A stride s is s * s planes a channel, each every s-th pixel, so the
// same sum holds for strided convolutions, for their gradient of the input (rows are then phases of the
// input), and for dilated ones and groups.
//
// The image is cut into tiles of a few pixels times a few lanes, a strip of 64 floats a row of pixels. What a
// tile reads of a block of planes is packed with its zeros into the L2 cache and serves all rows: channels of
// 32x32x128 floats lie powers of two apart, where a cache can hold few of them at once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/conv_f32_panel/conv_shape.h"
#include "kernels/row_pattern.h"

namespace espalier::kernels {

class LaneStencil {
  public:
    static constexpr std::int64_t kStrip = 64;  // floats: pixels of a tile's row * lanes

    /// Planes of one tensor; all in pixels.
    struct Planes {
        struct Plane {
            std::int64_t start, height, width;
        };
        std::vector<Plane> planes;
        std::int64_t row = 1;    // from one row to the next
        std::int64_t pixel = 1;  // from one pixel to the next
    };
    struct Tap {
        std::uint32_t row, plane;
        std::int32_t dy, dx;
        std::uint32_t weight;  // which one it is
    };
    struct Tiling {
        std::int64_t lanes = 16;               // 8, 16, 32 or 64; 64 / lanes pixels lie beside one another
        std::int64_t rows = 4;                 // of pixels
        std::int64_t block_bytes = 256 << 10;  // of what is packed at once, or one plane; at most 256 KB
        /// What a stencil reads at most: planes, and beyond a tile's pixels along each axis.
        struct Reading {
            std::int64_t planes = 1;
            std::int64_t beyond_y = 0, beyond_x = 0;
        };
        /// For writing planes of this size.
        static Tiling of(std::int64_t height, std::int64_t width, std::int64_t batch, const Reading& reading);
    };
    /// Taps of one row of a block, in offsets_.
    struct Row {
        std::uint32_t index, first, count;
    };
    struct Block {
        std::uint32_t first_plane, planes;
        // Those with as many taps beside one another; with one block all rows, else those with taps.
        std::uint32_t first_row, rows;
    };

    LaneStencil(Planes in, Planes out, std::vector<Tap> taps, const Tiling& tiling);

    /// Z of X for weights at `pattern`: [groups * outputs][columns] of a `shape` of at most two axes.
    static LaneStencil forward(const ConvShape& shape, const RowPattern& pattern, const Tiling& tiling);
    /// dX of dZ.
    static LaneStencil backward(const ConvShape& shape, const RowPattern& pattern, const Tiling& tiling);

    const Planes& in() const { return in_; }
    const Planes& out() const { return out_; }
    const Tiling& tiling() const { return tiling_; }
    std::span<const Row> rows() const { return rows_; }
    std::span<const Block> blocks() const { return blocks_; }
    /// Rows with taps, in order.
    std::span<const std::uint32_t> tapped() const { return tapped_; }
    const std::uint16_t* offsets() const { return offsets_.data(); }
    /// Which weight the tap at each offset is.
    std::span<const std::uint32_t> weights() const { return weights_; }

    std::int64_t tile_width() const { return kStrip / tiling_.lanes; }
    /// What a tile reads of a plane, in pixels, and where it begins, from the tile's first.
    std::int64_t region_height() const { return tiling_.rows + last_dy_ - first_dy_; }
    std::int64_t region_width() const { return tile_width() + last_dx_ - first_dx_; }
    std::int64_t first_dy() const { return first_dy_; }
    std::int64_t first_dx() const { return first_dx_; }
    std::int64_t region_floats() const { return region_height() * region_width() * tiling_.lanes; }
    /// Of a plane's rows and columns of tiles, the largest plane's.
    std::int64_t tiles_down() const;
    std::int64_t tiles_across() const;

  private:
    void add_block(std::uint32_t first, std::uint32_t count, std::span<const Tap> taps);
    void add_rows_without_taps();

    Planes in_, out_;
    Tiling tiling_;
    std::int32_t first_dy_ = 0, last_dy_ = 0, first_dx_ = 0, last_dx_ = 0;
    std::vector<Block> blocks_;
    std::vector<Row> rows_;
    std::vector<std::uint32_t> tapped_;
    std::vector<std::uint16_t> offsets_;
    std::vector<std::uint32_t> weights_;
};

}  // namespace espalier::kernels
