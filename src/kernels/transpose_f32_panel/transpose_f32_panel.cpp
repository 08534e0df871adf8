// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/transpose_f32_panel/transpose_f32_panel.h"

#include <algorithm>

#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/transpose_f32_panel/transpose_f32_panel.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/transpose_f32_panel/slice.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// A square of floats in registers, one row a register.
template <std::size_t kWanted>
struct Tile {
    using D = hn::CappedTag<float, kWanted>;
    using V = hn::Vec<D>;
    static constexpr std::size_t kSize = hn::MaxLanes(D());
};

#if HWY_TARGET == HWY_SCALAR
template <class T>
HWY_INLINE void transpose(typename T::V*) {}  // 1x1
#else
/// Transposes the 4x4 squares of four rows: lane 4b + i of v[j] becomes what lane 4b + j of v[i] was.
template <class T>
HWY_INLINE void transpose_blocks(typename T::V* HWY_RESTRICT v) {
    const typename T::D d;
    const hn::Repartition<std::uint64_t, typename T::D> d64;
    const auto low01 = hn::BitCast(d64, hn::InterleaveLower(d, v[0], v[1]));
    const auto high01 = hn::BitCast(d64, hn::InterleaveUpper(d, v[0], v[1]));
    const auto low23 = hn::BitCast(d64, hn::InterleaveLower(d, v[2], v[3]));
    const auto high23 = hn::BitCast(d64, hn::InterleaveUpper(d, v[2], v[3]));
    v[0] = hn::BitCast(d, hn::InterleaveLower(d64, low01, low23));
    v[1] = hn::BitCast(d, hn::InterleaveUpper(d64, low01, low23));
    v[2] = hn::BitCast(d, hn::InterleaveLower(d64, high01, high23));
    v[3] = hn::BitCast(d, hn::InterleaveUpper(d64, high01, high23));
}

/// Exchanges 128-bit blocks: block g of v[4b + j] becomes what block b of v[4g + j] was.
template <class T>
HWY_INLINE void exchange_blocks(typename T::V* HWY_RESTRICT v) {
    const typename T::D d;
    HWY_UNROLL(4)
    for (std::size_t j = 0; j < 4; ++j) {
        if constexpr (T::kSize == 8) {
            const auto low = hn::ConcatLowerLower(d, v[4 + j], v[j]);
            v[4 + j] = hn::ConcatUpperUpper(d, v[4 + j], v[j]);
            v[j] = low;
        } else {
            const auto even01 = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(v[4 + j]), v[j]);
            const auto odd01 = hn::OddEvenBlocks(v[4 + j], hn::SwapAdjacentBlocks(v[j]));
            const auto even23 = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(v[12 + j]), v[8 + j]);
            const auto odd23 = hn::OddEvenBlocks(v[12 + j], hn::SwapAdjacentBlocks(v[8 + j]));
            v[j] = hn::ConcatLowerLower(d, even23, even01);
            v[4 + j] = hn::ConcatLowerLower(d, odd23, odd01);
            v[8 + j] = hn::ConcatUpperUpper(d, even23, even01);
            v[12 + j] = hn::ConcatUpperUpper(d, odd23, odd01);
        }
    }
}

template <class T>
HWY_INLINE void transpose(typename T::V* HWY_RESTRICT v) {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < T::kSize; i += 4) transpose_blocks<T>(v + i);
    if constexpr (T::kSize > 4) exchange_blocks<T>(v);
}
#endif

/// Columns [k, k + size) of `rows` rows, transposed into the panel.
template <class T>
HWY_INLINE void tile_to_panel(const TransposeSlice& slice, std::size_t rows, const float* HWY_RESTRICT from,
                              float* HWY_RESTRICT to) {
    const typename T::D d;
    typename T::V v[T::kSize];
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < T::kSize; ++i) {
        v[i] = i < rows ? hn::LoadU(d, from + i * slice.features) : hn::Zero(d);
    }
    transpose<T>(v);
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < T::kSize; ++i) hn::StoreU(v[i], d, to + i * slice.width);
}

template <class T>
HWY_INLINE void tile_from_panel(const TransposeSlice& slice, std::size_t rows, const float* HWY_RESTRICT from,
                                float* HWY_RESTRICT to) {
    const typename T::D d;
    typename T::V v[T::kSize];
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < T::kSize; ++i) v[i] = hn::LoadU(d, from + i * slice.width);
    transpose<T>(v);
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < T::kSize; ++i) {
        if (i < rows) hn::StoreU(v[i], d, to + i * slice.features);
    }
}

/// Tiles side by side over all features; the last one may cover some of them twice. Needs kSize features.
template <class T, bool kToPanel>
void run_tiles(const TransposeSlice& slice, const float* HWY_RESTRICT from, float* HWY_RESTRICT to) {
    for (std::size_t lane = 0; lane < slice.lanes; lane += T::kSize) {
        const std::size_t rows = lane < slice.rows ? std::min(T::kSize, slice.rows - lane) : 0;
        for (std::size_t next = 0; next < slice.features; next += T::kSize) {
            const std::size_t k = std::min(next, slice.features - T::kSize);
            if constexpr (kToPanel) {
                const float* source = rows == 0 ? from : from + lane * slice.features + k;
                float* target = to + k * slice.width + lane;
                rows == T::kSize ? tile_to_panel<T>(slice, T::kSize, source, target)
                                 : tile_to_panel<T>(slice, rows, source, target);
            } else {
                const float* source = from + k * slice.width + lane;
                float* target = to + lane * slice.features + k;
                rows == T::kSize ? tile_from_panel<T>(slice, T::kSize, source, target)
                                 : tile_from_panel<T>(slice, rows, source, target);
            }
        }
    }
}

template <bool kToPanel>
HWY_INLINE void run(const TransposeSlice& slice, const float* from, float* to) {
    const std::size_t largest = std::min(slice.features, slice.lanes);
    if (largest >= 16) return run_tiles<Tile<16>, kToPanel>(slice, from, to);
    if (largest >= 8) return run_tiles<Tile<8>, kToPanel>(slice, from, to);
    if (largest >= 4) return run_tiles<Tile<4>, kToPanel>(slice, from, to);
    for (std::size_t lane = 0; lane < slice.lanes; ++lane) {
        for (std::size_t k = 0; k < slice.features; ++k) {
            const std::size_t in_rows = lane * slice.features + k;
            const std::size_t in_panel = k * slice.width + lane;
            if constexpr (kToPanel) {
                to[in_panel] = lane < slice.rows ? from[in_rows] : 0.0F;
            } else {
                if (lane < slice.rows) to[in_rows] = from[in_panel];
            }
        }
    }
}

void slice_to_panel(const TransposeSlice& slice, const float* from, float* to) { run<true>(slice, from, to); }
void slice_from_panel(const TransposeSlice& slice, const float* from, float* to) {
    run<false>(slice, from, to);
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(slice_to_panel);
HWY_EXPORT(slice_from_panel);
HWY_EXPORT(target_name);

constexpr std::int64_t kSliceRows = 16;

struct Place {
    TransposeSlice slice;
    std::int64_t row;    // first row in the batch
    std::int64_t start;  // of its first lane in the panels, in floats
};

Place place(const Panels& panels, std::int64_t features, std::int64_t index) {
    const std::int64_t row = index * kSliceRows;
    const std::int64_t panel = row / Panels::kWidth;
    const std::int64_t lane = row % Panels::kWidth;
    const std::int64_t width = panels.width(panel);
    const std::int64_t rows = std::clamp<std::int64_t>(panels.batch - row, 0, kSliceRows);
    return {{static_cast<std::size_t>(rows), static_cast<std::size_t>(std::min(width - lane, kSliceRows)),
             static_cast<std::size_t>(width), static_cast<std::size_t>(features)},
            row,
            Panels::start(panel, features) + lane};
}

/// A panel is 8 lanes wide, or a multiple of 16.
std::int64_t slice_count(const Panels& panels) { return (panels.batch + kSliceRows - 1) / kSliceRows; }

}  // namespace

void to_panels_f32(const Panels& panels, std::int64_t features, const float* rows, float* out,
                   int threads) noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(slice_to_panel);
    for_each_item(slice_count(panels), threads, [&](std::int64_t index, int) {
        const Place at = place(panels, features, index);
        run(at.slice, rows + at.row * features, out + at.start);
    });
}

void from_panels_f32(const Panels& panels, std::int64_t features, const float* in, float* rows,
                     int threads) noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(slice_from_panel);
    for_each_item(slice_count(panels), threads, [&](std::int64_t index, int) {
        const Place at = place(panels, features, index);
        run(at.slice, in + at.start, rows + at.row * features);
    });
}

std::string transpose_f32_panel_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
