// Tiles on their way between images and Winograd's domain. For the kernels' files only, between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are
// compiled many times).
#if defined(ESPALIER_KERNELS_WINOGRAD_PATCHES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_WINOGRAD_PATCHES_INL_H
#undef ESPALIER_KERNELS_WINOGRAD_PATCHES_INL_H
#else
#define ESPALIER_KERNELS_WINOGRAD_PATCHES_INL_H
#endif

#include <hwy/highway.h>

#include "kernels/conv_winograd_f32/winograd_tiles.h"
#include "kernels/vectors/lane_products-inl.h"
#include "kernels/vectors/past_caches-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// One channel of images at a patch.
template <class Float>
struct Pixels {
    Float* channel;
    std::int64_t row, pixel;  // floats from one to the next

    HWY_INLINE Float* at(const Patch& patch, std::int32_t r, std::int32_t s) const {
        return channel + patch.at + r * row + s * pixel;
    }
};

/// Pixel (r, s) of a patch; zeros where there is none.
template <bool kWhole>
HWY_INLINE LaneV load_pixel(const Pixels<const float>& pixels, const Patch& patch, std::int32_t r,
                            std::int32_t s) {
    const LaneD d;
    const float* from = pixels.at(patch, r, s);
    if constexpr (kWhole) return hn::LoadU(d, from);
    if (!patch.has(r, s)) return hn::Zero(d);
    return load_some(d, patch.lanes, from);
}

template <bool kWhole>
HWY_INLINE void store_pixel(LaneV value, const Pixels<float>& pixels, const Patch& patch, std::int32_t r,
                            std::int32_t s, bool past) {
    const LaneD d;
    float* to = pixels.at(patch, r, s);
    if constexpr (kWhole) return write_vector(value, d, to, past);
    if (!patch.has(r, s)) return;
    store_some(d, value, patch.lanes, to);
}

/// Transformed tiles: rows are channels, of each of the positions.
struct TransformedTiles {
    LaneRows rows;          // of the first position
    std::int64_t position;  // floats from one to the next
};

/// to = B' x for x of four.
HWY_INLINE void transform_four(LaneV x0, LaneV x1, LaneV x2, LaneV x3, LaneV* HWY_RESTRICT to) {
    to[0] = hn::Sub(x0, x2);
    to[1] = hn::Add(x1, x2);
    to[2] = hn::Sub(x2, x1);
    to[3] = hn::Sub(x1, x3);
}

/// B' x B. Fetches what lies `ahead` of the pixels that the tile before has not: 2 MB pages apart, no
/// prefetcher would.
template <bool kWhole>
HWY_INLINE void transform_read(const Patch& patch, const Pixels<const float>& x, std::int64_t ahead,
                               float* HWY_RESTRICT to, std::int64_t position) {
    const LaneD d;
    LaneV rows[4][4];  // [column][row of B' x]
    HWY_UNROLL(4)
    for (std::int32_t s = 0; s < 4; ++s) {
        transform_four(load_pixel<kWhole>(x, patch, 0, s), load_pixel<kWhole>(x, patch, 1, s),
                       load_pixel<kWhole>(x, patch, 2, s), load_pixel<kWhole>(x, patch, 3, s), rows[s]);
    }
    HWY_UNROLL(4)
    for (std::int32_t r = 0; r < 4; ++r) {
        __builtin_prefetch(x.at(patch, r, 2) + ahead, 0, 2);
        __builtin_prefetch(x.at(patch, r, 3) + ahead, 0, 2);
    }
    HWY_UNROLL(4)
    for (std::int32_t r = 0; r < 4; ++r) {
        LaneV v[4];
        transform_four(rows[0][r], rows[1][r], rows[2][r], rows[3][r], v);
        HWY_UNROLL(4)
        for (std::int32_t s = 0; s < 4; ++s) hn::StoreU(v[s], d, to + (4 * r + s) * position);
    }
}

/// B' x B of all channels of `count` tiles.
inline void transform_all_read(const WinogradTiles& tiles, std::int64_t first, std::int64_t count,
                               const float* from, const TransformedTiles& to) {
    const LaneImages& images = tiles.read();
    Patch patches[WinogradTiles::kMost];
    for (std::int64_t t = 0; t < count; ++t) patches[t] = tiles.read_by(first + t);
    Pixels<const float> x{from, images.row(), images.batch};
    for (std::int64_t c = 0; c < images.channels; ++c, x.channel += images.plane()) {
        for (std::int64_t t = 0; t < count; ++t) {
            (patches[t].whole ? transform_read<true> : transform_read<false>)(patches[t], x, images.plane(),
                                                                              to.rows.of(c, t), to.position);
        }
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
