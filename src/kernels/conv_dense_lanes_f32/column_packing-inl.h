// Columns on their way beside one another. For the kernels' files only, between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are compiled many times).
#if defined(ESPALIER_KERNELS_COLUMN_PACKING_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_COLUMN_PACKING_INL_H
#undef ESPALIER_KERNELS_COLUMN_PACKING_INL_H
#else
#define ESPALIER_KERNELS_COLUMN_PACKING_INL_H
#endif

#include <hwy/highway.h>

#include "kernels/conv_dense_lanes_f32/column_task.h"
#include "kernels/vectors/lane_products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// One column at one place, near an edge.
HWY_INLINE LaneV column_at_edge(const LaneImages& images, const LaneVectors::Vector& v,
                                const LaneColumns::Tap& tap, const float* HWY_RESTRICT from) {
    const std::int64_t y = v.y + tap.at[0];
    const std::int64_t x = v.x + tap.at[1];
    if (y < 0 || y >= images.height || x < 0 || x >= images.width) return hn::Zero(LaneD());
    return load_some(LaneD(), v.lanes, from);
}

/// The columns of `count` vectors, one row each. A channel is read in one piece: channels often lie powers of
/// two apart, where a cache can hold few at once.
inline void pack_columns(const LaneColumns& columns, const LaneVectors::Vector* vectors, std::int64_t count,
                         const float* in, const LaneRows& to) {
    const LaneD d;
    const LaneImages& images = columns.read();
    std::int64_t row = 0;
    for (const LaneColumns::Tap& tap : columns.taps()) {
        const float* from =
            in + tap.channel * images.plane() + tap.at[0] * images.row() + tap.at[1] * images.batch;
        for (std::int64_t v = 0; v < count; ++v) {
            const LaneVectors::Vector& at = vectors[v];
            const float* pixels = from + at.from;
            hn::StoreU(at.inside ? hn::LoadU(d, pixels) : column_at_edge(images, at, tap, pixels), d,
                       to.of(row, v));
        }
        ++row;
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
