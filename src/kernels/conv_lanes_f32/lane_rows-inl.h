// The products of a stencil's rows with a packed tile, and where they go. For the kernels' files only,
// between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers
// that are compiled many times).
#if defined(ESPALIER_KERNELS_LANE_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_LANE_ROWS_INL_H
#undef ESPALIER_KERNELS_LANE_ROWS_INL_H
#else
#define ESPALIER_KERNELS_LANE_ROWS_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "kernels/conv_lanes_f32/tile_task.h"
#include "kernels/vectors/past_caches-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using ConvD = hn::CappedTag<float, 16>;
using ConvV = hn::Vec<ConvD>;
constexpr std::size_t kConvLanes = hn::MaxLanes(ConvD());
constexpr std::size_t kConvVectors = LaneStencil::kStrip / kConvLanes;
// Eight sums keep two FMA units busy, and more than eight do not fit in 16 registers; of 32, sixteen halve
// what is read beside pixels.
constexpr std::size_t kAccumulators = kConvLanes < 16 ? 8 : 16;
constexpr std::size_t kPart = kConvVectors < kAccumulators ? kConvVectors : kAccumulators;
constexpr std::size_t kAtOnce = kAccumulators / kPart;  // rows of pixels

/// Where the vectors of a strip go: pixels of kTileLanes floats, `pitch` floats apart.
template <std::size_t kTileLanes>
struct ToPixels {
    float* to;
    std::int64_t row, pitch;
    bool past;  // the caches
    HWY_INLINE void put(ConvV value, std::size_t r, std::size_t v) const {
        float* at = to + static_cast<std::int64_t>(r) * row +
                    static_cast<std::int64_t>(v * kConvLanes / kTileLanes) * pitch +
                    static_cast<std::int64_t>(v * kConvLanes % kTileLanes);
        write_vector(value, ConvD(), at, past);
    }
};
struct ToStrip {
    float* to;
    HWY_INLINE void put(ConvV value, std::size_t r, std::size_t v) const {
        hn::StoreU(value, ConvD(), to + r * LaneStencil::kStrip + v * kConvLanes);
    }
};

/// What a row of a block adds to kRows rows of pixels, `pitch` floats apart in `x`.
struct Taps {
    const float* values;
    const std::uint16_t* offsets;
    std::uint32_t count;
    const float* x;
    std::int64_t pitch;
};

/// target = taps * x + (start, or bias where there is none).
template <std::size_t kRows, class Target>
HWY_INLINE void add_taps(const Taps& taps, const float* HWY_RESTRICT start, float bias,
                         const Target& target) {
    const ConvD d;
    const float* HWY_RESTRICT values = taps.values;
    const std::uint16_t* HWY_RESTRICT offsets = taps.offsets;
    for (std::size_t part = 0; part < kConvVectors; part += kPart) {
        ConvV acc[kRows][kPart];
        HWY_UNROLL(8)
        for (std::size_t r = 0; r < kRows; ++r) {
            HWY_UNROLL(8)
            for (std::size_t v = 0; v < kPart; ++v)
                acc[r][v] = start == nullptr
                                ? hn::Set(d, bias)
                                : hn::LoadU(d, start + r * LaneStencil::kStrip + (part + v) * kConvLanes);
        }
        const float* HWY_RESTRICT x = taps.x + part * kConvLanes;
        for (std::uint32_t i = 0; i < taps.count; ++i) {
            const ConvV w = hn::Set(d, values[i]);
            const float* HWY_RESTRICT at = x + offsets[i];
            HWY_UNROLL(8)
            for (std::size_t r = 0; r < kRows; ++r) {
                const float* HWY_RESTRICT row = at + static_cast<std::int64_t>(r) * taps.pitch;
                HWY_UNROLL(8)
                for (std::size_t v = 0; v < kPart; ++v)
                    acc[r][v] = hn::MulAdd(w, hn::LoadU(d, row + v * kConvLanes), acc[r][v]);
            }
        }
        HWY_UNROLL(8)
        for (std::size_t r = 0; r < kRows; ++r) {
            HWY_UNROLL(8)
            for (std::size_t v = 0; v < kPart; ++v) target.put(acc[r][v], r, part + v);
        }
    }
}

/// Pixels of a row of the stencil that a tile writes.
struct OutRows {
    float* to;
    std::int64_t row, pitch;
    std::int64_t height, width;

    OutRows(const LaneConvTask& task, std::size_t index) {
        const LaneTile& tile = task.tile;
        const LaneStencil::Planes& planes = tile.stencil.out();
        const LaneStencil::Planes::Plane& plane = planes.planes[index];
        row = planes.row * tile.batch;
        pitch = planes.pixel * tile.batch;
        to = task.out + plane.start * tile.batch + tile.at.y * row + tile.at.x * pitch + tile.at.lane;
        height = tile.height(plane);
        width = tile.width(plane);
    }
};

/// Writes strips of 64 floats to as much of the tile as exists.
template <std::size_t kTileLanes>
void write_strips(const LaneConvTask& task, const OutRows& out, std::int64_t first, std::int64_t last,
                  const float* HWY_RESTRICT strips) {
    const hn::CappedTag<float, (kTileLanes < 16 ? kTileLanes : 16)> d;
    constexpr std::int64_t kStep = hn::MaxLanes(d);
    const std::int64_t exist = task.tile.lanes();
    for (std::int64_t y = first; y < last; ++y, strips += LaneStencil::kStrip) {
        for (std::int64_t x = 0; x < out.width; ++x) {
            const float* HWY_RESTRICT from = strips + x * static_cast<std::int64_t>(kTileLanes);
            float* HWY_RESTRICT to = out.to + y * out.row + x * out.pitch;
            for (std::int64_t i = 0; i < exist; i += kStep)
                write_some(hn::LoadU(d, from + i), d, exist - i, to + i, task.past);
        }
    }
}

/// kRows rows of pixels from `y` on. With sums they go on there; else they are whole, and written.
template <std::size_t kTileLanes, std::size_t kRows>
HWY_INLINE void run_pixels(const LaneConvTask& task, const OutRows& out, Taps taps, float bias, float* sums,
                           std::int64_t y) {
    taps.x += y * taps.pitch;
    if (sums != nullptr) {
        sums += y * LaneStencil::kStrip;
        return add_taps<kRows>(taps, sums, bias, ToStrip{sums});
    }
    if constexpr (kConvLanes <= kTileLanes) {
        if (out.width * static_cast<std::int64_t>(kTileLanes) == LaneStencil::kStrip &&
            task.tile.has_all_lanes())
            return add_taps<kRows>(taps, nullptr, bias,
                                   ToPixels<kTileLanes>{out.to + y * out.row, out.row, out.pitch, task.past});
    }
    HWY_ALIGN float strips[kRows * LaneStencil::kStrip];
    add_taps<kRows>(taps, nullptr, bias, ToStrip{strips});
    write_strips<kTileLanes>(task, out, y, y + static_cast<std::int64_t>(kRows), strips);
}

template <std::size_t kTileLanes>
HWY_INLINE void run_row(const LaneConvTask& task, const LaneStencil::Row& row, std::int64_t pitch,
                        bool buffered) {
    const LaneStencil& stencil = task.tile.stencil;
    const OutRows out(task, row.index);
    if (out.width <= 0) return;
    const Taps taps{task.values + row.first, stencil.offsets() + row.first, row.count, task.packed, pitch};
    const float bias = task.bias == nullptr ? 0.0F : task.bias[row.index];
    float* sums = buffered ? task.sums + row.index * stencil.tiling().rows * LaneStencil::kStrip : nullptr;
    std::int64_t y = 0;
    for (; y + static_cast<std::int64_t>(kAtOnce) <= out.height; y += kAtOnce)
        run_pixels<kTileLanes, kAtOnce>(task, out, taps, bias, sums, y);
    for (; y < out.height; ++y) run_pixels<kTileLanes, 1>(task, out, taps, bias, sums, y);
}

void fill_sums(const LaneConvTask& task) {
    const std::int64_t floats = task.tile.stencil.tiling().rows * LaneStencil::kStrip;
    const auto rows = static_cast<std::int64_t>(task.tile.stencil.out().planes.size());
    for (std::int64_t row = 0; row < rows; ++row)
        std::fill_n(task.sums + row * floats, floats, task.bias == nullptr ? 0.0F : task.bias[row]);
}

template <std::size_t kTileLanes>
void write_sums(const LaneConvTask& task) {
    const LaneStencil& stencil = task.tile.stencil;
    const std::int64_t floats = stencil.tiling().rows * LaneStencil::kStrip;
    for (std::size_t row = 0; row < stencil.out().planes.size(); ++row) {
        const OutRows out(task, row);
        if (out.width > 0)
            write_strips<kTileLanes>(task, out, 0, out.height,
                                     task.sums + static_cast<std::int64_t>(row) * floats);
    }
}

/// Whether a tile's sums are kept until all blocks are done.
inline bool is_buffered(const LaneStencil& stencil) { return stencil.blocks().size() > 1; }

template <std::size_t kTileLanes>
HWY_INLINE void run_block(const LaneConvTask& task, const LaneStencil::Block& block) {
    const LaneStencil& stencil = task.tile.stencil;
    const bool buffered = is_buffered(stencil);
    const std::int64_t pitch = stencil.region_width() * static_cast<std::int64_t>(kTileLanes);
    for (const LaneStencil::Row& row : stencil.rows().subspan(block.first_row, block.rows))
        run_row<kTileLanes>(task, row, pitch, buffered);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
