// Pixels of a channel to their places in a ConvInput. For the kernels' files only, between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are
// compiled many times).
#if defined(ESPALIER_KERNELS_PLACE_PIXELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_PLACE_PIXELS_INL_H
#undef ESPALIER_KERNELS_PLACE_PIXELS_INL_H
#else
#define ESPALIER_KERNELS_PLACE_PIXELS_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "kernels/conv_f32_panel/conv_shape.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Vectors of at most kMost, the last of them once more over what the one before it took. False: too few.
template <std::size_t kMost>
HWY_INLINE bool copy_vectors(const float* HWY_RESTRICT from, std::int64_t count, float* HWY_RESTRICT to) {
    const hn::CappedTag<float, kMost> d;
    constexpr auto kStep = static_cast<std::int64_t>(hn::MaxLanes(hn::CappedTag<float, kMost>()));
    if (count < kStep) return false;
    for (std::int64_t i = 0; i + kStep <= count; i += kStep) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
    hn::StoreU(hn::LoadU(d, from + count - kStep), d, to + count - kStep);
    return true;
}

/// Every kStride-th of `left` pixels, `count` of them.
template <std::int64_t kStride>
HWY_INLINE void copy_pixels(const float* HWY_RESTRICT from, [[maybe_unused]] std::int64_t left,
                            std::int64_t count, float* HWY_RESTRICT to) {
    std::int64_t i = 0;
    if constexpr (kStride == 1) {
        if (copy_vectors<16>(from, count, to) || copy_vectors<8>(from, count, to) ||
            copy_vectors<4>(from, count, to))
            return;
#if HWY_TARGET != HWY_SCALAR
    } else {
        const hn::CappedTag<float, 16> d;
        constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(hn::CappedTag<float, 16>()));
        for (; i + kLanes <= count && 2 * (i + kLanes) <= left; i += kLanes) {
            const auto low = hn::LoadU(d, from + 2 * i);
            const auto high = hn::LoadU(d, from + 2 * i + kLanes);
            hn::StoreU(hn::ConcatEven(d, high, low), d, to + i);
        }
#endif
    }
    for (; i < count; ++i) to[i] = from[i * kStride];
}

template <std::int64_t kStride>
HWY_INLINE void place_strided(const ConvShape& shape, const ConvInput& input,
                              const float* HWY_RESTRICT pixels, float* HWY_RESTRICT channel) {
    const auto [depth, height] = input.rows();
    const auto& [planes, rows] = input.image_rows();
    const std::int64_t width = shape.input[2];
    const std::int64_t row = input.row();
    for (const ConvInput::Run& phase : input.phases()) {
        const float* plane = pixels + (planes.pixel * shape.input[1] + rows.pixel) * width + phase.pixel;
        float* const at = channel + rows.first * row + phase.first;
        for (std::int64_t z = planes.first; z < planes.last; ++z) {
            const float* from = plane;
            float* to = at + z * height * row;
            for (std::int64_t y = rows.first; y < rows.last; ++y, from += rows.step * width, to += row)
                copy_pixels<kStride>(from, width - phase.pixel, phase.last - phase.first, to);
            plane += planes.step * shape.input[1] * width;
        }
        channel += depth * height * row;
    }
}

/// As ConvInput::prepare() writes them; what is around them, the padding, stays what it is.
HWY_INLINE void place_pixels(const ConvShape& shape, const ConvInput& input, const float* pixels,
                             float* channel) {
    if (shape.stride[2] == 1) return place_strided<1>(shape, input, pixels, channel);
    if (shape.stride[2] == 2) return place_strided<2>(shape, input, pixels, channel);
    input.prepare(pixels, channel);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
