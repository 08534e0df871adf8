// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/spmv_f32_bitmap/spmv_f32_bitmap.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/spmv_f32_bitmap/spmv_f32_bitmap.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"
#include "kernels/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kGroup = BitmapRows::kGroup;

/// One weight after the other: what is not there is not multiplied.
float skipping(const BitmapRows& w, std::int64_t row, const float* x) {
    const std::uint8_t* bits = w.bits(row);
    const float* values = w.values(row);
    float sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(w.columns()); ++i) {
        if ((static_cast<unsigned>(bits[i / kGroup]) >> (i % kGroup) & 1U) != 0) sum += *values++ * x[i];
    }
    return sum;
}

#if HWY_TARGET == HWY_SCALAR
template <std::size_t kRows>
void products(const BitmapRows& w, std::int64_t row, std::int64_t apart, const float* x, const float*,
              float (&y)[kRows]) {
    for (std::size_t r = 0; r < kRows; ++r) y[r] = skipping(w, row + static_cast<std::int64_t>(r) * apart, x);
}
#else
using D = hn::CappedTag<float, kGroup>;
using V = hn::Vec<D>;
constexpr std::size_t kLanes = hn::MaxLanes(D());

/// Weights of a row that are fetched before they are used, of four rows at once. On a busy Zen 3 128 of them
/// take 0.81 to 0.95 of the time of one row after the other, and 512 up to 1.08.
constexpr std::size_t kAhead = 128;

/// For every set of columns, which bytes of four values that follow go to each of four columns; 0x80: none,
/// which becomes 0. The values of the second four begin behind those of the first.
struct Places {
    alignas(64) std::array<std::uint8_t, 256 * 4 * kGroup> at = {};

    constexpr Places() {
        for (std::size_t set = 0; set < 256; ++set) {
            std::uint8_t next = 0;
            for (std::size_t column = 0; column < kGroup; ++column) {
                if (column % 4 == 0) next = 0;
                const bool is_there = (set >> column & 1) != 0;
                for (std::size_t byte = 0; byte < 4; ++byte)
                    at[set * 4 * kGroup + 4 * column + byte] = is_there ? next++ : std::uint8_t{0x80};
            }
        }
    }
};
constexpr Places kPlaces;

/// sum += the products of the weights of `set`, of which `second` are those of its last four columns. A
/// shuffle within 16 bytes puts zeros where there is no weight; one across 32 does not, and takes a masked
/// load of X.
template <class Lanes = D>
HWY_INLINE V add_group(const float* values, const float* second, std::size_t set, const float* x, V sum) {
    const Lanes d;
    const hn::Repartition<std::uint8_t, D> bytes;
    const hn::FixedTag<float, 4> four;
    const std::uint8_t* const places = kPlaces.at.data() + set * 4 * kGroup;
    const auto add = [&](V next, std::size_t from, V to) HWY_ATTR {
        const auto spread =
            hn::TableLookupBytesOr0(hn::BitCast(bytes, next), hn::Load(bytes, places + 4 * from));
        return hn::MulAdd(hn::BitCast(d, spread), hn::LoadU(d, x + from), to);
    };
    if constexpr (hn::MaxLanes(Lanes()) == kGroup) {
        return add(hn::Combine(d, hn::LoadU(four, second), hn::LoadU(four, values)), 0, sum);
    } else {
        return add(hn::LoadU(d, second), kLanes, add(hn::LoadU(d, values), 0, sum));
    }
}

/// Of rows that are `apart` from one another: memory brings more of several streams than of one. `last` are
/// the columns behind the last whole group, filled up with zeros.
template <std::size_t kRows>
void products(const BitmapRows& w, std::int64_t row, std::int64_t apart, const float* HWY_RESTRICT x,
              const float* HWY_RESTRICT last, float (&y)[kRows]) {
    const D d;
    const std::uint8_t* bits[kRows];
    const float* values[kRows];
    V sums[kRows];
    for (std::size_t r = 0; r < kRows; ++r) {
        bits[r] = w.bits(row + static_cast<std::int64_t>(r) * apart);
        values[r] = w.values(row + static_cast<std::int64_t>(r) * apart);
        sums[r] = hn::Zero(d);
    }
    const auto add = [&](std::size_t group, const float* from) HWY_ATTR {
        HWY_UNROLL(4)
        for (std::size_t r = 0; r < kRows; ++r) {
            const std::size_t set = bits[r][group];
            const float* const second = values[r] + std::popcount(set & 0xF);
            sums[r] = add_group(values[r], second, set, from, sums[r]);
            values[r] += std::popcount(set);
        }
    };
    const auto whole = static_cast<std::size_t>(w.columns()) / kGroup;
    for (std::size_t i = 0; i < whole; ++i) {
        if (i % 4 == 0) {
            HWY_UNROLL(4)
            for (std::size_t r = 0; r < kRows; ++r) hwy::Prefetch(values[r] + kAhead);
        }
        add(i, x + i * kGroup);
    }
    if (whole < static_cast<std::size_t>(w.groups())) add(whole, last);
    for (std::size_t r = 0; r < kRows; ++r) y[r] = hn::GetLane(hn::SumOfLanes(d, sums[r]));
}
#endif

void run(const BitmapRows& w, std::int64_t begin, std::int64_t end, const float* x, float* y, bool relu) {
    const std::int64_t first = w.columns() / BitmapRows::kGroup * BitmapRows::kGroup;
    float last[BitmapRows::kGroup] = {};
    std::copy(x + first, x + w.columns(), last);
    const auto give = [&](std::int64_t row, float product) {
        const float sum = w.bias()[row] + product;
        y[row] = relu && sum < 0 ? 0.0F : sum;
    };
    const bool finite =
        w.finite() && std::all_of(x, x + w.columns(), [](float value) { return std::isfinite(value); });
    if (!finite) {
        for (std::int64_t row = begin; row < end; ++row) give(row, skipping(w, row, x));
        return;
    }
    constexpr std::int64_t kRows = 4;
    const std::int64_t apart = (end - begin) / kRows;
    for (std::int64_t row = begin; row < begin + apart; ++row) {
        float sums[kRows];
        products(w, row, apart, x, last, sums);
        for (std::int64_t r = 0; r < kRows; ++r) give(row + r * apart, sums[r]);
    }
    for (std::int64_t row = begin + kRows * apart; row < end; ++row) {
        float sum[1];
        products(w, row, 0, x, last, sum);
        give(row, sum[0]);
    }
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run);
HWY_EXPORT(target_name);

}  // namespace

void spmv_f32_bitmap(const BitmapRows& w, std::int64_t batch, const float* x, float* y, bool relu,
                     int threads) noexcept {
    const auto run_rows = HWY_DYNAMIC_DISPATCH(run);
    for_each_item(threads, threads, [&](std::int64_t share, int) {
        for (std::int64_t n = 0; n < batch; ++n)
            run_rows(w, w.rows() * share / threads, w.rows() * (share + 1) / threads, x + n * w.columns(),
                     y + n * w.rows(), relu);
    });
}

std::string spmv_f32_bitmap_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
