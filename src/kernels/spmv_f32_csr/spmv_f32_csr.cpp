// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"

#include <hwy/cache_control.h>

#include <cstring>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/spmv_f32_csr/spmv_f32_csr.cpp"
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

using One = hn::CappedTag<float, 1>;  // scalar instructions, fused multiply-add where the CPU has it
using Scalar = hn::Vec<One>;
using Few = hn::CappedTag<float, 4>;
using Vector = hn::Vec<Few>;
constexpr std::size_t kFew = hn::MaxLanes(Few());  // products made at once: 4, or 1 without vectors

/// Elements that are fetched before they are used: weights that come from memory are read once and in order,
/// and the hardware alone does not keep enough of them under way while sums are made. A prototype on a busy
/// Zen 3, of 50,304 x 768 weights: 1.09 times as fast with a half left, 1.06 with a fifth.
constexpr std::size_t kAhead = 512;

/// The X of kFew nonzeros, side by side. One load brings their columns and one product takes them all: of a
/// fifth of 50,304 x 768 weights on a busy Zen 3, 1.4 times as fast as product by product.
HWY_INLINE Vector picked(const float* HWY_RESTRICT x, const std::uint16_t* HWY_RESTRICT at) {
    if constexpr (kFew == 1) return hn::Set(Few(), x[*at]);
    std::uint64_t columns;
    std::memcpy(&columns, at, sizeof(columns));
    constexpr std::uint64_t kColumn = 0xFFFF;
    Vector few = hn::Set(Few(), x[columns & kColumn]);
    few = hn::InsertLane(few, 1, x[columns >> 16 & kColumn]);
    few = hn::InsertLane(few, 2, x[columns >> 32 & kColumn]);
    return hn::InsertLane(few, 3, x[columns >> 48]);
}

/// The products of kFew nonzeros of one row with kBatch rows of X that are `columns` apart, added to sums.
template <std::size_t kBatch>
HWY_INLINE void add_few(const float* HWY_RESTRICT values, const std::uint16_t* HWY_RESTRICT at,
                        const float* HWY_RESTRICT x, std::size_t columns, Vector (&sums)[kBatch]) {
    const Vector w = hn::LoadU(Few(), values);
    HWY_UNROLL(2)
    for (std::size_t b = 0; b < kBatch; ++b) sums[b] = hn::MulAdd(w, picked(x + b * columns, at), sums[b]);
}

/// The products of one row with kBatch rows of X that are `columns` apart, added to sum.
template <std::size_t kBatch>
HWY_INLINE void add_row(std::size_t nonzeros, const float* HWY_RESTRICT values,
                        const std::uint16_t* HWY_RESTRICT at, const float* HWY_RESTRICT x,
                        std::size_t columns, Scalar* HWY_RESTRICT sum) {
    Vector even[kBatch];
    Vector odd[kBatch];
    HWY_UNROLL(2)
    for (std::size_t b = 0; b < kBatch; ++b) even[b] = odd[b] = hn::Zero(Few());
    std::size_t i = 0;
    for (; i + 16 <= nonzeros; i += 16) {
        hwy::Prefetch(values + i + kAhead);
        if (i % 32 == 0) hwy::Prefetch(at + i + kAhead);
        HWY_UNROLL(2)
        for (std::size_t j = 0; j < 16; j += 2 * kFew) {
            add_few<kBatch>(values + i + j, at + i + j, x, columns, even);
            add_few<kBatch>(values + i + j + kFew, at + i + j + kFew, x, columns, odd);
        }
    }
    for (; i + kFew <= nonzeros; i += kFew) add_few<kBatch>(values + i, at + i, x, columns, even);
    HWY_UNROLL(2)
    for (std::size_t b = 0; b < kBatch; ++b) {
        const float lanes = hn::GetLane(hn::SumOfLanes(Few(), hn::Add(even[b], odd[b])));
        Scalar rest = hn::Add(sum[b], hn::Set(One(), lanes));
        for (std::size_t j = i; j < nonzeros; ++j)
            rest = hn::MulAdd(hn::Load(One(), values + j), hn::Load(One(), x + b * columns + at[j]), rest);
        sum[b] = rest;
    }
}

template <std::size_t kBatch>
void run(const PackedRows& w, const PackedRows::Part& part, const float* x, float* y, bool relu) {
    const One d;
    const auto columns = static_cast<std::size_t>(w.columns());
    const auto all_rows = static_cast<std::size_t>(w.rows());
    const PackedRows::Group* group = part.groups.data();
    const std::uint32_t* rows = part.rows.data();
    const std::uint16_t* at = part.columns.data();
    const float* values = part.values.data();
    for (const PackedRows::Block& block : part.blocks) {
        const bool first = &block == &part.blocks.front();
        const bool last = &block == &part.blocks.back();
        for (const PackedRows::Group* end = group + block.groups; group != end; ++group) {
            for (std::uint32_t r = 0; r < group->rows;
                 ++r, ++rows, at += group->nonzeros, values += group->nonzeros) {
                Scalar sum[kBatch];
                HWY_UNROLL(2)
                for (std::size_t b = 0; b < kBatch; ++b) {
                    sum[b] = hn::Load(d, first ? w.bias() + *rows : y + b * all_rows + *rows);
                }
                add_row<kBatch>(group->nonzeros, values, at, x + block.first_column, columns, sum);
                HWY_UNROLL(2)
                for (std::size_t b = 0; b < kBatch; ++b) {
                    if (last && relu) sum[b] = hn::Max(sum[b], hn::Zero(d));
                    hn::Store(sum[b], d, y + b * all_rows + *rows);
                }
            }
        }
    }
}

/// A unit's rows side by side in vectors.
template <std::size_t kUnit>
struct Side {
    using D = hn::CappedTag<float, kUnit>;
    using V = hn::Vec<D>;
    static constexpr std::size_t kLanes = hn::MaxLanes(D());
    static constexpr std::size_t kVectors = kUnit / kLanes;
    // Up to eight sums hide the 4 cycles of an FMA, of which two start each cycle.
    static constexpr std::size_t kChains = kVectors >= 4 ? 2 : 4;
};

/// sums[unit] += the products of its rows with X. One broadcast serves all of them.
template <std::size_t kUnit>
HWY_INLINE void add_side(std::size_t columns, const float* HWY_RESTRICT values,
                         const std::uint16_t* HWY_RESTRICT at, const float* HWY_RESTRICT x,
                         float* HWY_RESTRICT sums) {
    using S = Side<kUnit>;
    const typename S::D d;
    typename S::V acc[S::kChains][S::kVectors];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < S::kVectors; ++v) {
        acc[0][v] = hn::LoadU(d, sums + v * S::kLanes);
        HWY_UNROLL(4)
        for (std::size_t chain = 1; chain < S::kChains; ++chain) acc[chain][v] = hn::Zero(d);
    }
    const auto add = [&](std::size_t i, std::size_t chain) HWY_ATTR {
        const typename S::V pixel = hn::Set(d, x[at[i]]);
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < S::kVectors; ++v) {
            const typename S::V w = hn::LoadU(d, values + i * kUnit + v * S::kLanes);
            acc[chain][v] = hn::MulAdd(w, pixel, acc[chain][v]);
        }
    };
    std::size_t i = 0;
    for (; i + S::kChains <= columns; i += S::kChains) {
        HWY_UNROLL(4)
        for (std::size_t chain = 0; chain < S::kChains; ++chain) add(i + chain, chain);
    }
    for (; i < columns; ++i) add(i, 0);
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < S::kVectors; ++v) {
        typename S::V sum = acc[0][v];
        HWY_UNROLL(4)
        for (std::size_t chain = 1; chain < S::kChains; ++chain) sum = hn::Add(sum, acc[chain][v]);
        hn::StoreU(sum, d, sums + v * S::kLanes);
    }
}

template <std::size_t kUnit>
void run_units(const PackedRows& w, const PackedRows::Part& part, const float* x, float* y, bool relu) {
    const auto all_rows = static_cast<std::size_t>(w.rows());
    const PackedRows::Group* group = part.groups.data();
    const std::uint32_t* units = part.rows.data();
    const std::uint16_t* at = part.columns.data();
    const float* values = part.values.data();
    for (const PackedRows::Block& block : part.blocks) {
        const bool first = &block == &part.blocks.front();
        const bool last = &block == &part.blocks.back();
        for (const PackedRows::Group* end = group + block.groups; group != end; ++group) {
            for (std::uint32_t u = 0; u < group->rows;
                 ++u, ++units, at += group->nonzeros, values += group->nonzeros * kUnit) {
                const std::size_t row = *units * kUnit;
                const std::size_t rows = all_rows - row < kUnit ? all_rows - row : kUnit;
                HWY_ALIGN float sums[kUnit] = {};
                const float* from = first ? w.bias() + row : y + row;
                for (std::size_t i = 0; i < rows; ++i) sums[i] = from[i];
                add_side<kUnit>(group->nonzeros, values, at, x + block.first_column, sums);
                for (std::size_t i = 0; i < rows; ++i)
                    y[row + i] = last && relu && !(sums[i] > 0) ? 0.0F : sums[i];
            }
        }
    }
}

void run_part(const PackedRows& w, const PackedRows::Part& part, std::int64_t batch, const float* x, float* y,
              bool relu) {
    if (w.unit() > 1) {
        for (; batch > 0; --batch, x += w.columns(), y += w.rows())
            w.unit() == 4 ? run_units<4>(w, part, x, y, relu) : run_units<16>(w, part, x, y, relu);
        return;
    }
    for (; batch >= 2; batch -= 2, x += 2 * w.columns(), y += 2 * w.rows()) run<2>(w, part, x, y, relu);
    if (batch == 1) run<1>(w, part, x, y, relu);
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_part);
HWY_EXPORT(target_name);

}  // namespace

void spmv_f32_csr(const PackedRows& w, std::int64_t batch, const float* x, float* y, bool relu,
                  int threads) noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(run_part);
    for_each_item(static_cast<std::int64_t>(w.parts().size()), threads, [&](std::int64_t part, int) {
        run(w, w.parts()[static_cast<std::size_t>(part)], batch, x, y, relu);
    });
}

std::string spmv_f32_csr_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
