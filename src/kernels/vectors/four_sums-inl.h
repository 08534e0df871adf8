// Sums of the lanes of four vectors at once. For the kernels' files only, between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are compiled many times).
#if defined(ESPALIER_KERNELS_VECTORS_FOUR_SUMS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_VECTORS_FOUR_SUMS_INL_H
#undef ESPALIER_KERNELS_VECTORS_FOUR_SUMS_INL_H
#else
#define ESPALIER_KERNELS_VECTORS_FOUR_SUMS_INL_H
#endif

#include <hwy/highway.h>

#include "kernels/vectors/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using SumTile = Tile<16>;

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kFour = 1;  // that add_sums adds at once

HWY_INLINE void add_sums(SumTile::V* sums, float* HWY_RESTRICT to) { *to += hn::GetLane(sums[0]); }
#else
constexpr std::size_t kFour = 4;

/// The sums over 128-bit blocks, of four floats.
template <class Square>
HWY_INLINE auto sum_blocks(typename Square::V sum) {
    const hn::FixedTag<float, 4> d4;
    const hn::Half<typename Square::D> half;
    if constexpr (Square::kSize == 16) {
        const auto eight = hn::Add(hn::LowerHalf(half, sum), hn::UpperHalf(half, sum));
        return hn::Add(hn::LowerHalf(d4, eight), hn::UpperHalf(d4, eight));
    } else if constexpr (Square::kSize == 8) {
        return hn::Add(hn::LowerHalf(d4, sum), hn::UpperHalf(d4, sum));
    } else {
        return sum;
    }
}

/// to[j] += the sum of the lanes of sums[j], for four of them.
HWY_INLINE void add_sums(SumTile::V* HWY_RESTRICT sums, float* HWY_RESTRICT to) {
    const hn::FixedTag<float, 4> d4;
    transpose_blocks<SumTile>(sums);
    const auto sum = sum_blocks<SumTile>(hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3])));
    hn::StoreU(hn::Add(hn::LoadU(d4, to), sum), d4, to);
}
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
