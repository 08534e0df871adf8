// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/spmv_halves_csr/spmv_halves_csr.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/spmv_halves_csr/spmv_halves_csr.cpp"
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

constexpr std::size_t kStep = SparseHalves::kStep;
constexpr std::size_t kUnit = SparseHalves::kUnit;
constexpr std::size_t kAhead = 1024;  // weights that are fetched before they are used: 2 KB

using D = hn::CappedTag<float, kStep>;
using V = hn::Vec<D>;
constexpr std::size_t kLanes = hn::MaxLanes(D());

/// The values of X at so many columns. A gather instruction takes 1.4 times as long on Zen 3.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
HWY_INLINE V picked(const float* HWY_RESTRICT x, const std::uint16_t* HWY_RESTRICT at) {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::memcpy(&low, at, sizeof low);  // two loads for eight indices
    std::memcpy(&high, at + 4, sizeof high);
    const auto index = [](std::uint64_t four, unsigned i) { return four >> (16 * i) & 0xffffU; };
    return V{_mm256_setr_ps(x[index(low, 0)], x[index(low, 1)], x[index(low, 2)], x[index(low, 3)],
                            x[index(high, 0)], x[index(high, 1)], x[index(high, 2)], x[index(high, 3)])};
}
#else
HWY_INLINE V picked(const float* HWY_RESTRICT x, const std::uint16_t* HWY_RESTRICT at) {
    HWY_ALIGN float values[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) values[i] = x[at[i]];
    return hn::Load(D(), values);
}
#endif

float finished(float sum, bool relu) { return relu && sum < 0 ? 0.0F : sum; }

/// One nonzero after the other: what is zero is not multiplied.
template <class Half>
void run_skipping(const SparseHalves& w, std::int64_t begin, std::int64_t end, std::int64_t batch,
                  const float* x, float* y, bool relu) {
    const hn::CappedTag<float, 1> one;
    for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t first = w.first_row(unit);
        const std::int64_t behind = std::min(first + w.unit(), w.rows());
        for (std::int64_t row = first; row < behind; ++row) {
            for (std::int64_t b = 0; b < batch; ++b) {
                const std::uint16_t* value = w.values(unit) + (row - first);
                float sum = w.bias()[row];
                for (const std::uint16_t column : w.columns_of(unit)) {
                    const float weight = hn::GetLane(Half::load(one, value));
                    if (weight != 0) sum += weight * x[b * w.columns() + column];
                    value += w.unit();
                }
                y[b * w.rows() + row] = finished(sum, relu);
            }
        }
    }
}

/// Rows one by one, with kBatch rows of X.
template <class Half, std::size_t kBatch>
void run_rows(const SparseHalves& w, std::int64_t begin, std::int64_t end, const float* HWY_RESTRICT x,
              float* HWY_RESTRICT y, bool relu) {
    const D d;
    const auto apart = static_cast<std::size_t>(w.columns());
    for (std::int64_t row = begin; row < end; ++row) {
        const std::size_t count = w.columns_of(row).size();
        const std::uint16_t* HWY_RESTRICT at = w.columns_of(row).data();
        const std::uint16_t* HWY_RESTRICT values = w.values(row);
        V sums[2][kBatch];
        for (auto& chain : sums) {
            for (V& sum : chain) sum = hn::Zero(d);
        }
        const auto add = [&](std::size_t step, V(&chain)[kBatch]) HWY_ATTR {
            HWY_UNROLL(8)
            for (std::size_t i = step; i < step + kStep; i += kLanes) {
                const V weights = Half::load(d, values + i);
                HWY_UNROLL(2)
                for (std::size_t b = 0; b < kBatch; ++b)
                    chain[b] = hn::MulAdd(weights, picked(x + b * apart, at + i), chain[b]);
            }
        };
        std::size_t i = 0;
        for (; i + 2 * kStep <= count; i += 2 * kStep) {
            hwy::Prefetch(values + i + kAhead);
            hwy::Prefetch(at + i + kAhead);
            add(i, sums[0]);
            add(i + kStep, sums[1]);
        }
        if (i < count) add(i, sums[0]);
        const std::int64_t to = w.first_row(row);
        for (std::size_t b = 0; b < kBatch; ++b) {
            const float product = hn::GetLane(hn::SumOfLanes(d, hn::Add(sums[0][b], sums[1][b])));
            y[static_cast<std::int64_t>(b) * w.rows() + to] = finished(w.bias()[to] + product, relu);
        }
    }
}

/// kUnit rows side by side, with kBatch rows of X.
template <class Half, std::size_t kBatch>
void run_units(const SparseHalves& w, std::int64_t begin, std::int64_t end, const float* HWY_RESTRICT x,
               float* HWY_RESTRICT y, bool relu) {
    constexpr std::size_t kVectors = kUnit / kLanes;
    const D d;
    const auto apart = static_cast<std::size_t>(w.columns());
    for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::size_t count = w.columns_of(unit).size();
        const std::uint16_t* HWY_RESTRICT at = w.columns_of(unit).data();
        const std::uint16_t* HWY_RESTRICT values = w.values(unit);
        V sums[2][kBatch][kVectors];
        for (auto& chain : sums) {
            for (auto& row : chain) {
                for (V& sum : row) sum = hn::Zero(d);
            }
        }
        const auto add = [&](std::size_t i, V(&chain)[kBatch][kVectors]) HWY_ATTR {
            V pixels[kBatch];
            HWY_UNROLL(2)
            for (std::size_t b = 0; b < kBatch; ++b) pixels[b] = hn::Set(d, x[b * apart + at[i]]);
            HWY_UNROLL(4)
            for (std::size_t v = 0; v < kVectors; ++v) {
                const V weights = Half::load(d, values + i * kUnit + v * kLanes);
                HWY_UNROLL(2)
                for (std::size_t b = 0; b < kBatch; ++b)
                    chain[b][v] = hn::MulAdd(weights, pixels[b], chain[b][v]);
            }
        };
        std::size_t i = 0;
        for (; i + 2 <= count; i += 2) {
            hwy::Prefetch(values + i * kUnit + kAhead);
            add(i, sums[0]);
            add(i + 1, sums[1]);
        }
        if (i < count) add(i, sums[0]);
        const std::int64_t first = w.first_row(unit);
        const std::int64_t rows = std::min<std::int64_t>(kUnit, w.rows() - first);
        for (std::size_t b = 0; b < kBatch; ++b) {
            HWY_ALIGN float all[kUnit];
            for (std::size_t v = 0; v < kVectors; ++v)
                hn::Store(hn::Add(sums[0][b][v], sums[1][b][v]), d, all + v * kLanes);
            float* to = y + static_cast<std::int64_t>(b) * w.rows() + first;
            for (std::int64_t r = 0; r < rows; ++r) to[r] = finished(w.bias()[first + r] + all[r], relu);
        }
    }
}

void run(const SparseHalves& w, std::int64_t begin, std::int64_t end, std::int64_t batch, const float* x,
         float* y, bool relu) {
    const bool finite =
        std::all_of(x, x + batch * w.columns(), [](float value) { return std::isfinite(value); });
    const auto of = [&](auto half) {
        using Half = decltype(half);
        if (!finite) return run_skipping<Half>(w, begin, end, batch, x, y, relu);
        if (w.unit() == 1)
            return (batch == 1 ? run_rows<Half, 1> : run_rows<Half, 2>)(w, begin, end, x, y, relu);
        (batch == 1 ? run_units<Half, 1> : run_units<Half, 2>)(w, begin, end, x, y, relu);
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

void spmv_halves_csr(const SparseHalves& w, std::int64_t batch, const float* x, float* y, bool relu,
                     int threads) noexcept {
    const auto run_some = HWY_DYNAMIC_DISPATCH(run);
    for_each_item(threads, threads, [&](std::int64_t share, int) {
        run_some(w, w.share_begin(share, threads), w.share_begin(share + 1, threads), batch, x, y, relu);
    });
}

std::string spmv_halves_csr_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
