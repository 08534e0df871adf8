// What a panel of a convolution reads, packed as [column][lanes]. For the kernels' files only, between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are
// compiled many times).
#if defined(ESPALIER_KERNELS_PACK_PANEL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_PACK_PANEL_INL_H
#undef ESPALIER_KERNELS_PACK_PANEL_INL_H
#else
#define ESPALIER_KERNELS_PACK_PANEL_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "kernels/conv_f32_panel/panel_task.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// From each channel and each output row to the next it is a page or so, which the processor does not
/// foresee: so many floats are fetched ahead. Where they come from memory, as of batches, a 1x1 convolution
/// of 512 outputs takes three quarters of the time then (Zen 3).
template <std::size_t kFloats, int kToWrite = 0>
HWY_INLINE void fetch(const float* from) {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kFloats; i += PanelTask::kLine) __builtin_prefetch(from + i, kToWrite);
}

/// Columns [first, last) of images that are in place, as [column][lanes].
template <class S>
void pack_in_place(const PanelTask& task, std::int64_t first, std::int64_t last) {
    const typename S::D d;
    constexpr auto kLanes = static_cast<std::int64_t>(S::kLanes);
    constexpr auto kWidth = static_cast<std::int64_t>(S::kPanel);
    constexpr std::int64_t kAhead = 16;
    float* HWY_RESTRICT to = task.packed;
    for (std::int64_t column = first; column < last; ++column, to += kWidth) {
        const float* HWY_RESTRICT from = task.input + task.offsets[column] + task.source;
        if (column + kAhead < last)
            fetch<S::kPanel>(task.input + task.offsets[column + kAhead] + task.source);
        if (task.is_whole()) {
            HWY_UNROLL(8)
            for (std::int64_t lane = 0; lane < kWidth; lane += kLanes)
                hn::StoreU(hn::LoadU(d, from + lane), d, to + lane);
        } else {  // nothing behind the image may be read
            std::copy_n(from, task.count, to);
            std::fill_n(to + task.count, kWidth - task.count, 0.0F);
        }
    }
}

/// Columns [first, last) of prepared channels, as [column][lanes]. The same moves each time, so that the
/// branches are foreseen.
template <class S>
void pack(const PanelTask& task, std::int64_t first, std::int64_t last) {
    if (task.in_place) return pack_in_place<S>(task, first, last);
    const typename S::D d;
    constexpr auto kLanes = static_cast<std::int64_t>(S::kLanes);
    constexpr auto kWidth = static_cast<std::int64_t>(S::kPanel);
    float* HWY_RESTRICT to = task.packed;
    const std::int64_t unfilled = task.is_whole() ? kWidth : task.count / kLanes * kLanes;
    for (std::int64_t column = first; column < last; ++column, to += kWidth) {
        const float* HWY_RESTRICT from = task.input + task.offsets[column];
        // What no position fills is multiplied too, and would take long if it looked like denormal numbers.
        for (std::int64_t lane = unfilled; lane < kWidth; lane += kLanes)
            hn::StoreU(hn::Zero(d), d, to + lane);
        for (std::int64_t i = 0; i < task.move_count; ++i)
            hn::StoreU(hn::LoadU(d, from + task.moves[i].source), d, to + task.moves[i].lane);
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
