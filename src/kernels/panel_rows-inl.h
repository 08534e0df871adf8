// The inner loop of the panel kernels: one row of sparse weights times a panel. For the kernels' files only,
// between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers
// that are compiled many times).
#if defined(ESPALIER_KERNELS_PANEL_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_PANEL_ROWS_INL_H
#undef ESPALIER_KERNELS_PANEL_ROWS_INL_H
#else
#define ESPALIER_KERNELS_PANEL_ROWS_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// The lanes of a panel that are computed in one pass: all of them, unless they are more than 8 registers
/// (half of the 16 that AVX2 and SSE4 have).
template <std::size_t kPanelWidth>
struct Strip {
    using D = hn::CappedTag<float, (kPanelWidth % 16 == 0 ? 16 : 8)>;
    using V = hn::Vec<D>;
    static constexpr std::size_t kPanel = kPanelWidth;
    static constexpr std::size_t kLanes = hn::MaxLanes(D());
    static constexpr std::size_t kCount = (kPanelWidth / kLanes + 7) / 8;
    static constexpr std::size_t kVectors = kPanelWidth / kLanes / kCount;
    static constexpr std::size_t kWidth = kLanes * kVectors;
    static_assert(kWidth * kCount == kPanelWidth);
    // An FMA takes 4 cycles and up to two start each cycle: 8 sums keep both units busy, so fewer are split up.
    static constexpr std::size_t kChains = kVectors <= 2 ? 4 : kVectors <= 6 ? 2 : 1;
};

/// acc += weight * x
template <class S>
HWY_INLINE void add_product(float weight, const float* HWY_RESTRICT x, typename S::V* HWY_RESTRICT acc) {
    const typename S::D d;
    const typename S::V w = hn::Set(d, weight);
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < S::kVectors; ++v)
        acc[v] = hn::MulAdd(w, hn::LoadU(d, x + v * S::kLanes), acc[v]);
}

/// acc[0] += the products of one row; the other chains start and end at zero.
template <class S>
HWY_INLINE void add_row(std::size_t nonzeros, const float* HWY_RESTRICT values,
                        const std::uint16_t* HWY_RESTRICT columns, const float* HWY_RESTRICT x,
                        typename S::V (*HWY_RESTRICT acc)[S::kVectors]) {
    std::size_t i = 0;
    if constexpr (S::kChains == 4) {
        for (; i + 4 <= nonzeros; i += 4) {
            add_product<S>(values[i], x + columns[i] * S::kPanel, acc[0]);
            add_product<S>(values[i + 1], x + columns[i + 1] * S::kPanel, acc[1]);
            add_product<S>(values[i + 2], x + columns[i + 2] * S::kPanel, acc[2]);
            add_product<S>(values[i + 3], x + columns[i + 3] * S::kPanel, acc[3]);
        }
    }
    if constexpr (S::kChains >= 2) {
        for (; i + 2 <= nonzeros; i += 2) {
            add_product<S>(values[i], x + columns[i] * S::kPanel, acc[0]);
            add_product<S>(values[i + 1], x + columns[i + 1] * S::kPanel, acc[1]);
        }
    }
    for (; i < nonzeros; ++i) add_product<S>(values[i], x + columns[i] * S::kPanel, acc[S::kChains - 1]);
    if constexpr (S::kChains > 1) {
        HWY_UNROLL(4)
        for (std::size_t chain = 1; chain < S::kChains; ++chain) {
            HWY_UNROLL(8)
            for (std::size_t v = 0; v < S::kVectors; ++v) acc[0][v] = hn::Add(acc[0][v], acc[chain][v]);
        }
    }
}

/// Sums of a row start with its bias, `first`, or go on from `sums`; the other chains are zero.
template <class S>
HWY_INLINE void start_row(bool first, float bias, const float* HWY_RESTRICT sums,
                          typename S::V (*HWY_RESTRICT acc)[S::kVectors]) {
    const typename S::D d;
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < S::kVectors; ++v) {
        acc[0][v] = first ? hn::Set(d, bias) : hn::LoadU(d, sums + v * S::kLanes);
        if constexpr (S::kChains >= 2) acc[1][v] = hn::Zero(d);
        if constexpr (S::kChains == 4) acc[2][v] = acc[3][v] = hn::Zero(d);
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
