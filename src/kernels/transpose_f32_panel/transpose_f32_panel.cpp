// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/transpose_f32_panel/transpose_f32_panel.h"

#include <algorithm>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/transpose_f32_panel/transpose_f32_panel.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/transpose_f32_panel/slice.h"
#include "kernels/vectors/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

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
