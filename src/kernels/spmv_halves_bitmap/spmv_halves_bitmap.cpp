// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/spmv_halves_bitmap/spmv_halves_bitmap.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/spmv_halves_bitmap/spmv_halves_bitmap.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/vectors/halves-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kGroup = HalfBitmapRows::kGroup;

/// One weight after the other: what is not there is not multiplied.
template <class Half>
float skipping(const HalfBitmapRows& w, std::int64_t row, const float* x) {
    const hn::CappedTag<float, 1> one;
    const std::uint8_t* bits = w.bits(row);
    const std::uint16_t* values = w.values(row);
    float sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(w.columns()); ++i) {
        if ((static_cast<unsigned>(bits[i / kGroup]) >> (i % kGroup) & 1U) == 0) continue;
        sum += hn::GetLane(Half::load(one, values++)) * x[i];
    }
    return sum;
}

#if HWY_TARGET == HWY_SCALAR
template <class Half, std::size_t kBatch>
void products(const HalfBitmapRows& w, std::int64_t row, const float* x, const float*, float* y) {
    for (std::size_t b = 0; b < kBatch; ++b)
        y[b] = skipping<Half>(w, row, x + b * static_cast<std::size_t>(w.columns()));
}
#else
using D = hn::CappedTag<float, kGroup>;
using V = hn::Vec<D>;
constexpr std::size_t kLanes = hn::MaxLanes(D());
constexpr std::size_t kAhead = 1024;  // weights that are fetched before they are used: 2 KB
constexpr std::size_t kChains = 4;    // of sums, which hide the 4 cycles of an FMA

/// For every set of columns, which bytes of the values that follow go to each; 0x80: none, which becomes 0.
struct Places {
    alignas(64) std::array<std::uint8_t, 256 * 2 * kGroup> at = {};

    constexpr Places() {
        for (std::size_t set = 0; set < 256; ++set) {
            std::uint8_t next = 0;
            for (std::size_t column = 0; column < kGroup; ++column) {
                const bool is_there = (set >> column & 1) != 0;
                for (std::size_t byte = 0; byte < 2; ++byte)
                    at[set * 2 * kGroup + 2 * column + byte] = is_there ? next++ : std::uint8_t{0x80};
            }
        }
    }
};
constexpr Places kPlaces;

/// The next weights of `set`, zero where there is none.
HWY_INLINE auto spread(const std::uint16_t* values, std::size_t set) {
    const hn::FixedTag<std::uint8_t, 2 * kGroup> bytes;
    const hn::FixedTag<std::uint16_t, kGroup> halves;
    const auto next = hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(values));
    return hn::BitCast(halves,
                       hn::TableLookupBytesOr0(next, hn::Load(bytes, kPlaces.at.data() + set * 2 * kGroup)));
}

/// sums += the products of one group with the rows of X, `apart` from each other; gives the values behind it.
template <class Half, std::size_t kBatch, class Lanes = D>
HWY_INLINE const std::uint16_t* add_group(const std::uint16_t* values, std::size_t set, const float* x,
                                          std::size_t apart, V (&sums)[kBatch]) {
    const Lanes d;
    const auto halves = spread(values, set);
    const auto add = [&](V w, std::size_t from) HWY_ATTR {
        HWY_UNROLL(2)
        for (std::size_t b = 0; b < kBatch; ++b)
            sums[b] = hn::MulAdd(w, hn::LoadU(d, x + b * apart + from), sums[b]);
    };
    if constexpr (hn::MaxLanes(Lanes()) == kGroup) {
        add(Half::promote(d, halves), 0);
    } else {
        const hn::Rebind<std::uint16_t, Lanes> part;
        add(Half::promote(d, hn::LowerHalf(part, halves)), 0);
        add(Half::promote(d, hn::UpperHalf(part, halves)), kLanes);
    }
    return values + std::popcount(set);
}

/// `last` are the columns of the last group of each row of X, filled up with zeros.
template <class Half, std::size_t kBatch>
void products(const HalfBitmapRows& w, std::int64_t row, const float* HWY_RESTRICT x,
              const float* HWY_RESTRICT last, float* HWY_RESTRICT y) {
    const D d;
    const auto apart = static_cast<std::size_t>(w.columns());
    const std::uint8_t* HWY_RESTRICT bits = w.bits(row);
    const std::uint16_t* HWY_RESTRICT values = w.values(row);
    V sums[kChains][kBatch];
    for (auto& chain : sums) {
        for (V& sum : chain) sum = hn::Zero(d);
    }
    const auto whole = static_cast<std::size_t>(w.groups() - 1);
    std::size_t i = 0;
    for (; i + kChains <= whole; i += kChains, x += kChains * kGroup) {
        hwy::Prefetch(values + kAhead);
        HWY_UNROLL(4)
        for (std::size_t c = 0; c < kChains; ++c)
            values = add_group<Half, kBatch>(values, bits[i + c], x + c * kGroup, apart, sums[c]);
    }
    for (; i < whole; ++i, x += kGroup) values = add_group<Half, kBatch>(values, bits[i], x, apart, sums[0]);
    add_group<Half, kBatch>(values, bits[i], last, kGroup, sums[1]);
    for (std::size_t b = 0; b < kBatch; ++b) {
        const V all = hn::Add(hn::Add(sums[0][b], sums[1][b]), hn::Add(sums[2][b], sums[3][b]));
        y[b] = hn::GetLane(hn::SumOfLanes(d, all));
    }
}
#endif

template <class Half, std::size_t kBatch>
void run_rows(const HalfBitmapRows& w, std::int64_t begin, std::int64_t end, const float* x, float* y,
              bool relu) {
    const auto columns = static_cast<std::size_t>(w.columns());
    const std::size_t first = static_cast<std::size_t>(w.groups() - 1) * kGroup;
    float last[kBatch][kGroup] = {};
    for (std::size_t b = 0; b < kBatch; ++b)
        std::copy(x + b * columns + first, x + (b + 1) * columns, last[b]);
    const bool finite =
        std::all_of(x, x + kBatch * columns, [](float value) { return std::isfinite(value); });
    for (std::int64_t row = begin; row < end; ++row) {
        float sums[kBatch];
        if (finite) {
            products<Half, kBatch>(w, row, x, last[0], sums);
        } else {
            for (std::size_t b = 0; b < kBatch; ++b) sums[b] = skipping<Half>(w, row, x + b * columns);
        }
        for (std::size_t b = 0; b < kBatch; ++b) {
            const float sum = w.bias()[row] + sums[b];
            y[static_cast<std::int64_t>(b) * w.rows() + row] = relu && sum < 0 ? 0.0F : sum;
        }
    }
}

void run(const HalfBitmapRows& w, std::int64_t begin, std::int64_t end, std::int64_t batch, const float* x,
         float* y, bool relu) {
    const auto of = [&](auto half) {
        using Half = decltype(half);
        (batch == 1 ? run_rows<Half, 1> : run_rows<Half, 2>)(w, begin, end, x, y, relu);
    };
    w.type() == HalfType::f16 ? of(F16()) : of(Bf16());
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

void spmv_halves_bitmap(const HalfBitmapRows& w, std::int64_t batch, const float* x, float* y, bool relu,
                        int threads) noexcept {
    const auto run_some = HWY_DYNAMIC_DISPATCH(run);
    for_each_item(threads, threads, [&](std::int64_t share, int) {
        run_some(w, w.rows() * share / threads, w.rows() * (share + 1) / threads, batch, x, y, relu);
    });
}

std::string spmv_halves_bitmap_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
