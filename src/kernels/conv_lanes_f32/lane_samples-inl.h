// The products of a packed tile with what it writes, at a stencil's taps. For the kernels' files only,
// between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers
// that are compiled many times).
#if defined(ESPALIER_KERNELS_LANE_SAMPLES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_LANE_SAMPLES_INL_H
#undef ESPALIER_KERNELS_LANE_SAMPLES_INL_H
#else
#define ESPALIER_KERNELS_LANE_SAMPLES_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "kernels/conv_lanes_f32/lane_packing-inl.h"
#include "kernels/conv_lanes_f32/tile_task.h"
#include "kernels/vectors/four_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using T = SumTile;
constexpr std::size_t kSampleVectors = LaneStencil::kStrip / T::kSize;

/// What the tile writes of every row that has taps, with zeros outside.
template <std::size_t kTileLanes>
void pack_out(const LaneSampleTask& task) {
    const LaneTile& tile = task.tile;
    const std::int64_t rows = tile.stencil.tiling().rows;
    for (const std::uint32_t row : tile.stencil.tapped()) {
        pack_lanes<kTileLanes>(tile,
                               rows_of_plane(tile, tile.stencil.out(), task.out, row, tile.at.y, tile.at.x,
                                             rows, tile.stencil.tile_width()),
                               task.packed_out + row * rows * LaneStencil::kStrip);
    }
}

/// to[j] += the products of a row's pixels with those at offsets[j], for kTaps of them: a multiple of kFour,
/// and no more than a register has lanes.
template <std::size_t kTaps>
HWY_INLINE void add_products(const float* HWY_RESTRICT out, const float* HWY_RESTRICT in, std::int64_t pitch,
                             std::int64_t rows, const std::uint16_t* HWY_RESTRICT offsets,
                             float* HWY_RESTRICT to) {
    const T::D d;
    T::V sums[kTaps];
    HWY_UNROLL(16)
    for (std::size_t j = 0; j < kTaps; ++j) sums[j] = hn::Zero(d);
    for (std::int64_t y = 0; y < rows; ++y, out += LaneStencil::kStrip, in += pitch) {
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < kSampleVectors; ++v) {
            const T::V mine = hn::LoadU(d, out + v * T::kSize);
            HWY_UNROLL(16)
            for (std::size_t j = 0; j < kTaps; ++j)
                sums[j] = hn::MulAdd(mine, hn::LoadU(d, in + offsets[j] + v * T::kSize), sums[j]);
        }
    }
    HWY_UNROLL(4)
    for (std::size_t j = 0; j < kTaps; j += kFour) add_sums(sums + j, to + j);
}

void sample_row(const LaneSampleTask& task, const LaneStencil::Row& row) {
    const LaneStencil& stencil = task.tile.stencil;
    const std::int64_t rows =
        std::min(stencil.tiling().rows, task.tile.height(stencil.out().planes[row.index]));
    const std::int64_t pitch = stencil.region_width() * stencil.tiling().lanes;
    const float* out = task.packed_out + row.index * stencil.tiling().rows * LaneStencil::kStrip;
    const std::uint16_t* offsets = stencil.offsets() + row.first;
    float* sums = task.sums + row.first;
    std::uint32_t i = 0;
    for (; i + T::kSize <= row.count; i += T::kSize)
        add_products<T::kSize>(out, task.packed, pitch, rows, offsets + i, sums + i);
    if (i == row.count) return;
    // The last few are made up to fours, and what the others give is dropped.
    std::uint16_t last[T::kSize];
    float got[T::kSize] = {};
    for (std::size_t j = 0; j < T::kSize; ++j) last[j] = offsets[std::min<std::size_t>(i + j, row.count - 1)];
    switch ((row.count - i - 1) / kFour) {
        case 0:
            add_products<kFour>(out, task.packed, pitch, rows, last, got);
            break;
        case 1:
            add_products<std::min<std::size_t>(8, T::kSize)>(out, task.packed, pitch, rows, last, got);
            break;
        case 2:
            add_products<std::min<std::size_t>(12, T::kSize)>(out, task.packed, pitch, rows, last, got);
            break;
        default:
            add_products<T::kSize>(out, task.packed, pitch, rows, last, got);
    }
    for (std::size_t j = 0; i + j < row.count; ++j) sums[i + j] += got[j];
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
