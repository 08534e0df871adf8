// Transposes a square of floats in registers. For the kernels' files only, between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are compiled many times).
#if defined(ESPALIER_KERNELS_VECTORS_TRANSPOSE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_VECTORS_TRANSPOSE_INL_H
#undef ESPALIER_KERNELS_VECTORS_TRANSPOSE_INL_H
#else
#define ESPALIER_KERNELS_VECTORS_TRANSPOSE_INL_H
#endif

#include <hwy/highway.h>

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

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
