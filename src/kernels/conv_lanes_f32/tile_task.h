// What the compiled variants of conv_lanes_f32 share: one tile of the image, some lanes of the batch.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv_lanes_f32/lane_stencil.h"

namespace espalier::kernels {

struct LaneTile {
    const LaneStencil& stencil;
    std::int64_t batch;
    std::int64_t y, x, lane;      // its first
    std::int64_t next_y, next_x;  // the next pixels that these lanes will read

    std::int64_t lanes() const { return std::min(stencil.tiling().lanes, batch - lane); }
    bool has_all_lanes() const { return lanes() == stencil.tiling().lanes; }
    /// Its rows and columns of pixels that a plane has; 0 or fewer for none.
    std::int64_t height(const LaneStencil::Planes::Plane& plane) const {
        return std::min(stencil.tiling().rows, plane.height - y);
    }
    std::int64_t width(const LaneStencil::Planes::Plane& plane) const {
        return std::min(stencil.tile_width(), plane.width - x);
    }
};

/// All tiles of a batch. Lanes of one tile are neighbours, as they are in memory.
class LaneTiles {
  public:
    LaneTiles(const LaneStencil& stencil, std::int64_t batch)
        : stencil_(stencil),
          batch_(batch),
          groups_((batch + stencil.tiling().lanes - 1) / stencil.tiling().lanes),
          across_(stencil.tiles_across()),
          count_(stencil.tiles_down() * across_ * groups_) {}

    std::int64_t count() const { return count_; }
    LaneTile operator[](std::int64_t index) const {
        const std::int64_t tile = index / groups_;
        const std::int64_t next = std::min(tile + 1, count_ / groups_ - 1);
        return {.stencil = stencil_,
                .batch = batch_,
                .y = tile / across_ * stencil_.tiling().rows,
                .x = tile % across_ * stencil_.tile_width(),
                .lane = index % groups_ * stencil_.tiling().lanes,
                .next_y = next / across_ * stencil_.tiling().rows,
                .next_x = next % across_ * stencil_.tile_width()};
    }

  private:
    const LaneStencil& stencil_;
    std::int64_t batch_, groups_, across_, count_;
};

/// A tile's sums of products, and where they go.
struct LaneConvTask {
    LaneTile tile;
    const float* values;
    const float* bias;  // or null
    const float* in;
    float* out;
    float* packed;
    float* sums;  // [row][tile row][64]; unused with one block
};

/// The products of what a tile reads and writes, for blocks [first, last) of planes.
struct LaneSampleTask {
    LaneTile tile;
    const float* in;
    const float* out;
    std::size_t first, last;
    float* packed;
    float* packed_out;         // [row][tile row][64]
    float* sums;               // of each tap
    const LaneConvTask* conv;  // of the same tile, which shares what is packed, or null
};

}  // namespace espalier::kernels
