// How many floats a thread needs for itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "kernels/conv_lanes_f32/lane_stencil.h"
#include "kernels/past_caches.h"
#include "kernels/thread_scratch.h"

namespace espalier::kernels {

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

/// Whether a stencil's output is written past the caches.
inline bool goes_past_caches(const LaneStencil& stencil, std::int64_t batch, const float* out) {
    std::int64_t pixels = 0;
    for (const LaneStencil::Planes::Plane& plane : stencil.out().planes) pixels += plane.height * plane.width;
    return goes_past_caches(out, pixels * batch, std::gcd(batch, stencil.tiling().lanes));
}

}  // namespace espalier::kernels
