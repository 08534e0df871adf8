// Pixels on their way into a tile's packed floats. For the kernels' files only, between HWY_BEFORE_NAMESPACE
// and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are compiled many times).
#if defined(ESPALIER_KERNELS_LANE_PACKING_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_LANE_PACKING_INL_H
#undef ESPALIER_KERNELS_LANE_PACKING_INL_H
#else
#define ESPALIER_KERNELS_LANE_PACKING_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "kernels/conv_lanes_f32/tile_task.h"
#include "kernels/vectors/some_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Rows of pixels of one plane on their way into a tile. Of each row the pixels [first, last) exist, and are
/// `lanes` floats; the other floats of the tile become zeros.
struct PixelRows {
    const float* from;        // pixel 0 of row 0, which need not exist
    std::int64_t row, pixel;  // from one to the next, in floats
    std::int64_t first_row, last_row, rows;
    std::int64_t first, last, pixels;
    std::int64_t lanes;
    std::int64_t ahead;  // floats from here to what is fetched for the next tile
};

template <std::size_t kLanes>
HWY_INLINE void zero_pixels(std::int64_t count, float* HWY_RESTRICT to) {
    const hn::CappedTag<float, (kLanes < 16 ? kLanes : 16)> d;
    for (std::int64_t i = 0; i < count * static_cast<std::int64_t>(kLanes);
         i += static_cast<std::int64_t>(hn::MaxLanes(d)))
        hn::StoreU(hn::Zero(d), d, to + i);
}

/// kWhole: all lanes of the tile exist.
template <std::size_t kLanes, bool kWhole>
HWY_INLINE void pack_rows(const PixelRows& rows, float* HWY_RESTRICT to) {
    const hn::CappedTag<float, (kLanes < 16 ? kLanes : 16)> d;
    constexpr std::int64_t kStep = hn::MaxLanes(hn::CappedTag<float, (kLanes < 16 ? kLanes : 16)>());
    constexpr auto kPitch = static_cast<std::int64_t>(kLanes);
    for (std::int64_t y = 0; y < rows.rows; ++y, to += rows.pixels * kPitch) {
        if (y < rows.first_row || y >= rows.last_row) {
            zero_pixels<kLanes>(rows.pixels, to);
            continue;
        }
        zero_pixels<kLanes>(rows.first, to);
        const float* HWY_RESTRICT from = rows.from + y * rows.row + rows.first * rows.pixel;
        for (std::int64_t x = rows.first; x < rows.last; ++x, from += rows.pixel) {
            __builtin_prefetch(from + rows.ahead, 0, 2);
            float* HWY_RESTRICT target = to + x * kPitch;
            HWY_UNROLL(8)
            for (std::int64_t i = 0; i < kPitch; i += kStep) {
                hn::StoreU(kWhole ? hn::LoadU(d, from + i)
                                  : load_some(d, std::max<std::int64_t>(rows.lanes - i, 0), from + i),
                           d, target + i);
            }
        }
        zero_pixels<kLanes>(rows.pixels - rows.last, to + rows.last * kPitch);
    }
}

template <std::size_t kLanes>
HWY_INLINE void pack_lanes(const LaneTile& tile, PixelRows rows, float* HWY_RESTRICT to) {
    tile.has_all_lanes() ? pack_rows<kLanes, true>(rows, to) : pack_rows<kLanes, false>(rows, to);
}

/// The part of `tensor` that begins at (first_y, first_x) of a plane, which may lie outside.
HWY_INLINE PixelRows rows_of_plane(const LaneTile& tile, const LaneStencil::Planes& planes,
                                   const float* tensor, std::size_t index, std::int64_t first_y,
                                   std::int64_t first_x, std::int64_t height, std::int64_t width) {
    const LaneStencil::Planes::Plane& plane = planes.planes[index];
    const std::int64_t row = planes.row * tile.batch;
    const std::int64_t pixel = planes.pixel * tile.batch;
    const std::int64_t last = std::clamp<std::int64_t>(plane.width - first_x, 0, width);
    const std::int64_t last_row = std::clamp<std::int64_t>(plane.height - first_y, 0, height);
    return {.from = tensor + plane.start * tile.batch + first_y * row + first_x * pixel + tile.at.lane,
            .row = row,
            .pixel = pixel,
            .first_row = std::clamp<std::int64_t>(-first_y, 0, last_row),
            .last_row = last_row,
            .rows = height,
            .first = std::clamp<std::int64_t>(-first_x, 0, last),
            .last = last,
            .pixels = width,
            .lanes = tile.lanes(),
            .ahead = (tile.next.y - tile.at.y) * row + (tile.next.x - tile.at.x) * pixel + tile.next.lane -
                     tile.at.lane};
}

/// What the tile reads of a block of planes: [plane][region row][region column][lane].
template <std::size_t kLanes>
HWY_INLINE void pack_block(const LaneTile& tile, const LaneStencil::Block& block,
                           const float* HWY_RESTRICT in, float* HWY_RESTRICT to) {
    const LaneStencil& stencil = tile.stencil;
    const std::int64_t height = stencil.region_height();
    const std::int64_t width = stencil.region_width();
    for (std::uint32_t p = block.first_plane; p < block.first_plane + block.planes; ++p) {
        pack_lanes<kLanes>(tile,
                           rows_of_plane(tile, stencil.in(), in, p, tile.at.y + stencil.first_dy(),
                                         tile.at.x + stencil.first_dx(), height, width),
                           to);
        to += height * width * static_cast<std::int64_t>(kLanes);
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
