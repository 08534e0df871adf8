// What the compiled variants of conv_lanes_f32 share: one tile of the image, some lanes of the batch.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv_lanes_f32/lane_stencil.h"

namespace espalier::kernels {

struct LaneTile {
    const LaneStencil& stencil;
    std::int64_t batch;
    struct Place {
        std::int64_t y, x, lane;  // its first
    };
    Place at, next;

    std::int64_t lanes() const { return std::min(stencil.tiling().lanes, batch - at.lane); }
    bool has_all_lanes() const { return lanes() == stencil.tiling().lanes; }
    /// Its rows and columns of pixels that a plane has; 0 or fewer for none.
    std::int64_t height(const LaneStencil::Planes::Plane& plane) const {
        return std::min(stencil.tiling().rows, plane.height - at.y);
    }
    std::int64_t width(const LaneStencil::Planes::Plane& plane) const {
        return std::min(stencil.tile_width(), plane.width - at.x);
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
        return {.stencil = stencil_,
                .batch = batch_,
                .at = place(index),
                .next = place(std::min(index + 1, count_ - 1))};
    }

  private:
    LaneTile::Place place(std::int64_t index) const {
        const std::int64_t tile = index / groups_;
        return {.y = tile / across_ * stencil_.tiling().rows,
                .x = tile % across_ * stencil_.tile_width(),
                .lane = index % groups_ * stencil_.tiling().lanes};
    }

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
    bool past;    // whether `out` is written past the caches
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
