// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/gemv_halves/gemv_halves.h"

#include <hwy/cache_control.h>

#include <algorithm>

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemv_halves/gemv_halves.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/parallel.h"
#include "kernels/vectors/halves-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::size_t kMost = 16;     // lanes of f32 of any instruction set
constexpr std::size_t kAhead = 1024;  // weights that are fetched before they are used: 2 KB

/// Both end in zeros behind `left` columns: what the last vector of a row reads.
template <class Half>
HWY_INLINE V last_product(const std::uint16_t* w, const float* x, std::size_t left) {
    std::uint16_t halves[kMost] = {};
    HWY_ALIGN float values[kMost] = {};
    std::copy(w, w + left, halves);
    std::copy(x, x + left, values);
    return hn::Mul(Half::load(D(), halves), hn::Load(D(), values));
}

template <class Half>
float product(const std::uint16_t* HWY_RESTRICT w, const float* HWY_RESTRICT x, std::size_t columns) {
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    V sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    std::size_t k = 0;
    for (; k + 4 * lanes <= columns; k += 4 * lanes) {
        for (std::size_t line = 0; line < 4 * lanes; line += 32) hwy::Prefetch(w + k + line + kAhead);
        HWY_UNROLL(4)
        for (std::size_t i = 0; i < 4; ++i) {
            const std::size_t at = k + i * lanes;
            sums[i] = hn::MulAdd(Half::load(d, w + at), hn::LoadU(d, x + at), sums[i]);
        }
    }
    for (; k + lanes <= columns; k += lanes)
        sums[0] = hn::MulAdd(Half::load(d, w + k), hn::LoadU(d, x + k), sums[0]);
    if (k < columns) sums[1] = hn::Add(sums[1], last_product<Half>(w + k, x + k, columns - k));
    const V all = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
    return hn::GetLane(hn::SumOfLanes(d, all));
}

/// The second row of X finds those of W in the cache.
template <class Half>
void run_rows(const HalfRows& w, std::int64_t begin, std::int64_t end, std::int64_t batch, const float* x,
              float* y, bool relu) {
    for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t n = 0; n < batch; ++n) {
            const float sum = w.bias()[row] + product<Half>(w.row(row), x + n * w.columns(),
                                                            static_cast<std::size_t>(w.columns()));
            y[n * w.rows() + row] = relu && sum < 0 ? 0.0F : sum;
        }
    }
}

void run(const HalfRows& w, std::int64_t begin, std::int64_t end, std::int64_t batch, const float* x,
         float* y, bool relu) {
    (w.type() == HalfType::f16 ? run_rows<F16> : run_rows<Bf16>)(w, begin, end, batch, x, y, relu);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run);

}  // namespace

void gemv_halves(const HalfRows& w, std::int64_t batch, const float* x, float* y, bool relu,
                 int threads) noexcept {
    const auto run_some = HWY_DYNAMIC_DISPATCH(run);
    for_each_item(threads, threads, [&](std::int64_t share, int) {
        run_some(w, w.rows() * share / threads, w.rows() * (share + 1) / threads, batch, x, y, relu);
    });
}

}  // namespace espalier::kernels
#endif
