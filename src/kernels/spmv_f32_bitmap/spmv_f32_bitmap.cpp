// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/spmv_f32_bitmap/spmv_f32_bitmap.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

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

using D = hn::CappedTag<float, 8>;
using V = hn::Vec<D>;
constexpr std::size_t kLanes = hn::MaxLanes(D());
constexpr std::size_t kSteps = BitmapRows::kGroup / kLanes;  // of a group

/// For every set of lanes, which of the values that follow goes to each, with the sign bit set; elsewhere 0.
struct Places {
    alignas(64) std::array<std::int32_t, (std::size_t{1} << kLanes) * kLanes> at = {};

    constexpr Places() {
        for (std::size_t set = 0; set < std::size_t{1} << kLanes; ++set) {
            std::int32_t next = 0;
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                if ((set >> lane & 1) != 0)
                    at[set * kLanes + lane] = next++ | std::numeric_limits<std::int32_t>::min();
            }
        }
    }
};
constexpr Places kPlaces;

/// Lanes of X where `places` is negative, elsewhere 0. Masked loads of eight lanes look at the sign alone and
/// at any address; other ones want whole masks and aligned vectors.
HWY_INLINE V masked(hn::Vec<hn::RebindToSigned<D>> places, const float* x) {
    const D d;
    if constexpr (kLanes == 8) return hn::MaskedLoad(hn::MaskFromVec(hn::BitCast(d, places)), d, x);
    return hn::IfThenElseZero(hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(places))), hn::LoadU(d, x));
}

/// sum += the products of the weights of `set`. Where there is none, some other weight meets an X that was
/// not loaded: one instruction less than to make the weight zero.
HWY_INLINE V add_set(const float* values, std::size_t set, const float* x, V sum) {
    const D d;
    const hn::RebindToSigned<D> di;
    const auto places = hn::Load(di, kPlaces.at.data() + set * kLanes);
    const auto indices =
        hn::IndicesFromVec(d, hn::And(places, hn::Set(di, static_cast<std::int32_t>(kLanes - 1))));
    const V spread = hn::TableLookupLanes(hn::LoadU(d, values), indices);
    return hn::MulAdd(spread, masked(places, x), sum);
}

/// sum += the products of one group; gives the values behind it.
HWY_INLINE const float* add_group(const float* values, std::size_t bits, const float* x, V& sum) {
    HWY_UNROLL(8)
    for (std::size_t step = 0; step < kSteps; ++step) {
        const std::size_t set = bits >> (step * kLanes) & ((std::size_t{1} << kLanes) - 1);
        sum = add_set(values, set, x + step * kLanes, sum);
        values += std::popcount(set);
    }
    return values;
}

/// Weights that are fetched before they are used. A prototype on a busy Zen 3, half of 42 million weights
/// left: 1.85 times dense with it, 1.46 without.
constexpr std::size_t kAhead = 512;

/// `last` are the columns behind the last whole group, filled up with zeros.
float product(const BitmapRows& w, std::int64_t row, const float* HWY_RESTRICT x,
              const float* HWY_RESTRICT last) {
    const D d;
    const std::uint8_t* HWY_RESTRICT bits = w.bits(row);
    const float* HWY_RESTRICT values = w.values(row);
    V sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    std::int64_t i = 0;
    const std::int64_t whole = w.columns() / BitmapRows::kGroup;
    for (; i + 4 <= whole; i += 4, x += 4 * BitmapRows::kGroup) {
        hwy::Prefetch(values + kAhead);
        values = add_group(values, bits[i], x, sums[0]);
        values = add_group(values, bits[i + 1], x + BitmapRows::kGroup, sums[1]);
        values = add_group(values, bits[i + 2], x + 2 * BitmapRows::kGroup, sums[2]);
        values = add_group(values, bits[i + 3], x + 3 * BitmapRows::kGroup, sums[3]);
    }
    for (; i < whole; ++i, x += BitmapRows::kGroup) values = add_group(values, bits[i], x, sums[0]);
    if (i < w.groups()) add_group(values, bits[i], last, sums[1]);
    const V all = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
    return hn::GetLane(hn::SumOfLanes(d, all));
}

/// One weight after the other: what is not there is not multiplied.
float skipping(const BitmapRows& w, std::int64_t row, const float* x) {
    const std::uint8_t* bits = w.bits(row);
    const float* values = w.values(row);
    float sum = 0;
    for (std::int64_t i = 0; i < w.columns(); ++i) {
        const unsigned set = bits[i / BitmapRows::kGroup];
        if ((set >> static_cast<unsigned>(i % BitmapRows::kGroup) & 1U) != 0) sum += *values++ * x[i];
    }
    return sum;
}

void run(const BitmapRows& w, std::int64_t begin, std::int64_t end, const float* x, float* y, bool relu) {
    const std::int64_t first = w.columns() / BitmapRows::kGroup * BitmapRows::kGroup;
    float last[BitmapRows::kGroup] = {};
    std::copy(x + first, x + w.columns(), last);
    const bool finite =
        w.finite() && std::all_of(x, x + w.columns(), [](float value) { return std::isfinite(value); });
    for (std::int64_t row = begin; row < end; ++row) {
        const float sum = w.bias()[row] + (finite ? product(w, row, x, last) : skipping(w, row, x));
        y[row] = relu && sum < 0 ? 0.0F : sum;
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
