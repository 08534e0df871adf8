// The inner loop of the panel kernels: one row of sparse weights times a panel. For the kernels' files only,
// between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers
// that are compiled many times).
#if defined(ESPALIER_KERNELS_VECTORS_PANEL_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_VECTORS_PANEL_ROWS_INL_H
#undef ESPALIER_KERNELS_VECTORS_PANEL_ROWS_INL_H
#else
#define ESPALIER_KERNELS_VECTORS_PANEL_ROWS_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Fewest equal strips of at most `most` vectors.
constexpr std::size_t strips_of(std::size_t vectors, std::size_t most) {
    std::size_t count = (vectors + most - 1) / most;
    while (vectors % count != 0) ++count;
    return count;
}

/// The lanes of a panel that are computed in one pass, for the rows of a unit: as many sums as the registers
/// hold.
template <std::size_t kPanelWidth, std::size_t kRows>
struct Strip {
    using D = hn::CappedTag<float, (kPanelWidth % 16 == 0 ? 16 : 8)>;
    using V = hn::Vec<D>;
    static constexpr std::size_t kPanel = kPanelWidth;
    static constexpr std::size_t kUnit = kRows;
    static constexpr std::size_t kLanes = hn::MaxLanes(D());
    // AVX2 and SSE4 have 16 registers: 8 sums of a row, or 3 of each of four rows and what they read.
    static constexpr bool kManyRegisters = HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON;
    static constexpr std::size_t kMost = kRows == 1 ? 8 : kManyRegisters ? 4 : 3;
    static constexpr std::size_t kCount = strips_of(kPanelWidth / kLanes, kMost);
    static constexpr std::size_t kVectors = kPanelWidth / kLanes / kCount;
    static constexpr std::size_t kWidth = kLanes * kVectors;
    // An FMA takes 4 cycles and up to two start each cycle: 8 sums keep both units busy, so fewer are split
    // up.
    static constexpr std::size_t kChains = kRows > 1 ? 1 : kVectors <= 2 ? 4 : kVectors <= 6 ? 2 : 1;
    static constexpr std::size_t kSums = kRows * kChains;
};

/// body(0), ..., body(kCount - 1), each with a constant. Of loops that are unrolled instead GCC 12 keeps the
/// sums they index in memory: rows of few weights spent half of their time there.
template <std::size_t kCount, class Body>
HWY_INLINE void each(const Body& body) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) HWY_ATTR {
        (body(std::integral_constant<std::size_t, kIndex>()), ...);
    }
    (std::make_index_sequence<kCount>());
}

/// acc += weight * x
template <class S>
HWY_INLINE void add_product(float weight, const float* HWY_RESTRICT x, typename S::V* HWY_RESTRICT acc) {
    const typename S::D d;
    const typename S::V w = hn::Set(d, weight);
    each<S::kVectors>([&](auto v)
                          HWY_ATTR { acc[v] = hn::MulAdd(w, hn::LoadU(d, x + v * S::kLanes), acc[v]); });
}

/// acc += the products of four rows with what one column holds.
template <class S>
HWY_INLINE void add_column(const float* HWY_RESTRICT weights, const float* HWY_RESTRICT x,
                           typename S::V (*HWY_RESTRICT acc)[S::kVectors]) {
    const typename S::D d;
    typename S::V lanes[S::kVectors];
    each<S::kVectors>([&](auto v) HWY_ATTR { lanes[v] = hn::LoadU(d, x + v * S::kLanes); });
    each<S::kUnit>([&](auto row) HWY_ATTR {
        const typename S::V w = hn::Set(d, weights[row]);
        each<S::kVectors>([&](auto v) HWY_ATTR { acc[row][v] = hn::MulAdd(w, lanes[v], acc[row][v]); });
    });
}

/// The first kUnit of acc += the products of a unit's rows; other chains start and end at zero.
template <class S>
HWY_INLINE void add_unit(std::size_t nonzeros, const float* HWY_RESTRICT values,
                         const std::uint16_t* HWY_RESTRICT columns, const float* HWY_RESTRICT x,
                         typename S::V (*HWY_RESTRICT acc)[S::kVectors]) {
    std::size_t i = 0;
    if constexpr (S::kUnit > 1) {
        for (; i < nonzeros; ++i) add_column<S>(values + i * S::kUnit, x + columns[i] * S::kPanel, acc);
    } else {
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
            each<S::kChains - 1>([&](auto chain) HWY_ATTR {
                each<S::kVectors>([&](auto v)
                                      HWY_ATTR { acc[0][v] = hn::Add(acc[0][v], acc[chain + 1][v]); });
            });
        }
    }
}

/// Sums of the rows of a unit, `rows` of which there are, start with their bias, `first`, or go on from
/// `sums`, which holds rows of a panel; the other chains are zero.
template <class S>
HWY_INLINE void start_unit(bool first, std::size_t rows, const float* HWY_RESTRICT bias,
                           const float* HWY_RESTRICT sums, typename S::V (*HWY_RESTRICT acc)[S::kVectors]) {
    const typename S::D d;
    each<S::kSums>([&](auto row) HWY_ATTR {
        const bool goes_on = !first && row < S::kUnit && row < rows;
        each<S::kVectors>([&](auto v) HWY_ATTR {
            if (goes_on) {
                acc[row][v] = hn::LoadU(d, sums + row * S::kPanel + v * S::kLanes);
            } else {
                acc[row][v] = row < S::kUnit ? hn::Set(d, bias[row]) : hn::Zero(d);
            }
        });
    });
}

/// How many rows unit number `index` has, of so many in all.
template <class S>
HWY_INLINE std::size_t rows_of(std::size_t index, std::size_t all) {
    if constexpr (S::kUnit == 1) return 1;
    return all - index * S::kUnit < S::kUnit ? all - index * S::kUnit : S::kUnit;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
