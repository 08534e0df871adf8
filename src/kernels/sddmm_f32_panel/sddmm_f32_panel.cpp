// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/sddmm_f32_panel/sddmm_f32_panel.h"

#include <algorithm>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sddmm_f32_panel/sddmm_f32_panel.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/sddmm_f32_panel/slice.h"
#include "kernels/vectors/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

/// sums[j] += a * b[at[j]], lane by lane, over one panel.
template <class T, std::size_t kWidth>
HWY_INLINE void add_panel(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b,
                          const std::uint32_t* HWY_RESTRICT at, typename T::V* HWY_RESTRICT sums) {
    constexpr std::size_t kVectors = kWidth / T::kSize;
    const typename T::D d;
    typename T::V row[kVectors];
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, a + v * T::kSize);
    HWY_UNROLL(16)
    for (std::size_t j = 0; j < T::kSize; ++j) {
        const float* HWY_RESTRICT other = b + at[j] * kWidth;
        HWY_UNROLL(8)
        for (std::size_t v = 0; v < kVectors; ++v)
            sums[j] = hn::MulAdd(row[v], hn::LoadU(d, other + v * T::kSize), sums[j]);
    }
}

/// The products of one row with as many columns as a register has lanes, into as many sums.
template <class T>
HWY_INLINE void run_group(const SampleSlice& slice, std::size_t row, const std::uint32_t* HWY_RESTRICT at,
                          float* HWY_RESTRICT out) {
    const typename T::D d;
    typename T::V sums[T::kSize];
    HWY_UNROLL(16)
    for (std::size_t j = 0; j < T::kSize; ++j) sums[j] = hn::Zero(d);
    for (std::int64_t panel = 0; panel < slice.panels.count(); ++panel) {
        const std::int64_t width = slice.panels.width(panel);
        const float* a = slice.a + Panels::start(panel, slice.rows) + static_cast<std::int64_t>(row) * width;
        const float* b = slice.b + Panels::start(panel, slice.columns);
        switch (width) {
            case 8:
                add_panel<T, 8>(a, b, at, sums);
                break;
            case 16:
                add_panel<T, 16>(a, b, at, sums);
                break;
            case 32:
                add_panel<T, 32>(a, b, at, sums);
                break;
            case 48:
                add_panel<T, 48>(a, b, at, sums);
                break;
            default:
                add_panel<T, 64>(a, b, at, sums);
        }
    }
    transpose<T>(sums);
    HWY_UNROLL(4)
    for (std::size_t half = T::kSize / 2; half > 0; half /= 2) {
        for (std::size_t j = 0; j < half; ++j) sums[j] = hn::Add(sums[j], sums[j + half]);
    }
    hn::StoreU(sums[0], d, out);
}

template <class T>
void run_rows(const SampleSlice& slice, std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
        std::uint32_t i = slice.starts[row];
        const std::uint32_t end = slice.starts[row + 1];
        for (; i + T::kSize <= end; i += T::kSize) run_group<T>(slice, row, slice.at + i, slice.g + i);
        if (i == end) continue;
        // The last few: columns are made up to a whole group, and what they give is dropped.
        std::uint32_t at[T::kSize];
        float sums[T::kSize];
        for (std::size_t j = 0; j < T::kSize; ++j) at[j] = slice.at[std::min<std::size_t>(i + j, end - 1)];
        run_group<T>(slice, row, at, sums);
        std::copy(sums, sums + (end - i), slice.g + i);
    }
}

void run_slice(const SampleSlice& slice, std::size_t first, std::size_t last) {
    // Vectors of 16 lanes do not divide a panel of 8.
    const std::int64_t narrowest = slice.panels.width(slice.panels.count() - 1);
    if (narrowest >= 16) return run_rows<Tile<16>>(slice, first, last);
    run_rows<Tile<8>>(slice, first, last);
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_slice);
HWY_EXPORT(target_name);

}  // namespace

void sddmm_f32_panel(const RowPattern& pattern, const Panels& panels, const float* a, const float* b,
                     float* g, int threads) noexcept {
    if (panels.batch == 0) {
        std::fill(g, g + pattern.nonzeros(), 0.0F);
        return;
    }
    const auto run = HWY_DYNAMIC_DISPATCH(run_slice);
    const SampleSlice slice{.panels = panels,
                            .rows = pattern.rows(),
                            .columns = pattern.columns,
                            .starts = pattern.starts.data(),
                            .at = pattern.at.data(),
                            .a = a,
                            .b = b,
                            .g = g};
    // A row belongs to the thread in whose share of the nonzeros it begins.
    const auto row_at = [&](std::int64_t share) {
        const auto nonzero = static_cast<std::uint32_t>(pattern.nonzeros() * share / threads);
        return static_cast<std::size_t>(
            std::lower_bound(pattern.starts.begin(), pattern.starts.end() - 1, nonzero) -
            pattern.starts.begin());
    };
    for_each_item(threads, threads, [&](std::int64_t share, int) {
        const std::size_t last =
            share + 1 == threads ? static_cast<std::size_t>(pattern.rows()) : row_at(share + 1);
        run(slice, row_at(share), last);
    });
}

std::string sddmm_f32_panel_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
