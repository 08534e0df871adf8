// Floats that each thread of a kernel has for itself, from a cache line on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/conv_lanes_f32/lane_stencil.h"

namespace espalier::kernels {

class ThreadScratch {
  public:
    ThreadScratch(int threads, std::int64_t floats)
        : own_((floats + kLine - 1) / kLine * kLine),
          floats_(static_cast<std::size_t>(own_ * std::max(threads, 1) + kLine)) {}

    float* of(int thread) {
        const auto past = reinterpret_cast<std::uintptr_t>(floats_.data()) / sizeof(float) % kLine;
        return floats_.data() + (kLine - past) % kLine + thread * own_;
    }

  private:
    static constexpr std::int64_t kLine = 16;
    std::int64_t own_;
    std::vector<float> floats_;
};

/// Floats of the largest block, packed.
inline std::int64_t most_packed(const LaneStencil& stencil) {
    std::int64_t planes = 0;
    for (const LaneStencil::Block& block : stencil.blocks())
        planes = std::max<std::int64_t>(planes, block.planes);
    constexpr std::int64_t kLine = 16;
    return (planes * stencil.region_floats() + kLine - 1) / kLine * kLine;
}

/// Floats of one tile of every row.
inline std::int64_t tile_sums(const LaneStencil& stencil) {
    return static_cast<std::int64_t>(stencil.out().planes.size()) * stencil.tiling().rows *
           LaneStencil::kStrip;
}

}  // namespace espalier::kernels
