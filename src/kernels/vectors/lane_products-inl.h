// Products of small blocks of vectors whose lanes are samples. For the kernels' files only, between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are
// compiled many times).
#if defined(ESPALIER_KERNELS_VECTORS_LANE_PRODUCTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_VECTORS_LANE_PRODUCTS_INL_H
#undef ESPALIER_KERNELS_VECTORS_LANE_PRODUCTS_INL_H
#else
#define ESPALIER_KERNELS_VECTORS_LANE_PRODUCTS_INL_H
#endif

#include <hwy/highway.h>

#include "kernels/vectors/four_sums-inl.h"
#include "kernels/vectors/some_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using LaneD = hn::CappedTag<float, 16>;
using LaneV = hn::Vec<LaneD>;
constexpr std::int64_t kLaneFloats = hn::MaxLanes(LaneD());
constexpr std::int64_t kLaneFour = 4 * kLaneFloats;  // four vectors beside one another
// Of 32 registers 16 hold sums, of 16 eight: enough for two FMA units, and what is read fits beside them.
constexpr std::int64_t kLaneRows = kLaneFloats < 16 ? 2 : 4;

/// Rows of vectors, in floats. Four of a row lie beside one another, then the next four `four` away.
struct LaneRows {
    float* at;
    std::int64_t row, four;

    HWY_INLINE float* of(std::int64_t r, std::int64_t vector) const {
        return at + r * row + vector / 4 * four + vector % 4 * kLaneFloats;
    }
};

/// sums[r][0..3] = sum over `count` of weights[i][r] * x[i][0..3], for kLaneRows of the four rows of
/// `weights`.
HWY_INLINE void multiply_four(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT x,
                              std::int64_t count, float* HWY_RESTRICT sums) {
    const LaneD d;
    LaneV acc[kLaneRows][4];
    HWY_UNROLL(4)
    for (std::int64_t r = 0; r < kLaneRows; ++r) {
        HWY_UNROLL(4)
        for (std::int64_t v = 0; v < 4; ++v) acc[r][v] = hn::Zero(d);
    }
    for (std::int64_t i = 0; i < count; ++i, weights += 4, x += kLaneFour) {
        LaneV of[4];
        HWY_UNROLL(4)
        for (std::int64_t v = 0; v < 4; ++v) of[v] = hn::LoadU(d, x + v * kLaneFloats);
        HWY_UNROLL(4)
        for (std::int64_t r = 0; r < kLaneRows; ++r) {
            const LaneV w = hn::Set(d, weights[r]);
            HWY_UNROLL(4)
            for (std::int64_t v = 0; v < 4; ++v) acc[r][v] = hn::MulAdd(w, of[v], acc[r][v]);
        }
    }
    HWY_UNROLL(4)
    for (std::int64_t r = 0; r < kLaneRows; ++r) {
        HWY_UNROLL(4)
        for (std::int64_t v = 0; v < 4; ++v) hn::StoreU(acc[r][v], d, sums + (4 * r + v) * kLaneFloats);
    }
}

/// sums[r][c] += the product of row r of `rows` and row c of `columns`, `count` vectors each, for kLaneRows
/// rows and four columns. Rows are `pitch` floats apart, those of the sums `sum_pitch`.
HWY_INLINE void add_row_products(const float* HWY_RESTRICT rows, const float* HWY_RESTRICT columns,
                                 std::int64_t pitch, std::int64_t count, float* HWY_RESTRICT sums,
                                 std::int64_t sum_pitch) {
    const LaneD d;
    LaneV acc[kLaneRows][4];
    HWY_UNROLL(4)
    for (std::int64_t r = 0; r < kLaneRows; ++r) {
        HWY_UNROLL(4)
        for (std::int64_t c = 0; c < 4; ++c) acc[r][c] = hn::Zero(d);
    }
    for (std::int64_t i = 0; i < count; ++i, rows += kLaneFloats, columns += kLaneFloats) {
        LaneV of[4];
        HWY_UNROLL(4)
        for (std::int64_t c = 0; c < 4; ++c) of[c] = hn::LoadU(d, columns + c * pitch);
        HWY_UNROLL(4)
        for (std::int64_t r = 0; r < kLaneRows; ++r) {
            const LaneV row = hn::LoadU(d, rows + r * pitch);
            HWY_UNROLL(4)
            for (std::int64_t c = 0; c < 4; ++c) acc[r][c] = hn::MulAdd(row, of[c], acc[r][c]);
        }
    }
    HWY_UNROLL(4)
    for (std::int64_t r = 0; r < kLaneRows; ++r) {
        HWY_UNROLL(4)
        for (std::int64_t c = 0; c < 4; c += static_cast<std::int64_t>(kFour))
            add_sums(acc[r] + c, sums + r * sum_pitch + c);
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
