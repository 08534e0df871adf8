#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/fma_peak.cpp"
#include <hwy/foreach_target.h>
// clang-format off
#include <hwy/highway.h>
// clang-format on

#include <chrono>

HWY_BEFORE_NAMESPACE();
namespace espalier::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// `rounds` times 12 independent chains of one multiply-add: 12 cover latency 4 on 2 ports, with room.
/// Returns FLOP.
double burn(long rounds, float* sink) {
    const hn::ScalableTag<float> d;
    const auto factor = hn::Set(d, 0.999F);
    const auto addend = hn::Set(d, 0.001F);
    // Equal chains would be merged into one.
    auto a0 = hn::Set(d, 0.00F), a1 = hn::Set(d, 0.01F), a2 = hn::Set(d, 0.02F), a3 = hn::Set(d, 0.03F);
    auto a4 = hn::Set(d, 0.04F), a5 = hn::Set(d, 0.05F), a6 = hn::Set(d, 0.06F), a7 = hn::Set(d, 0.07F);
    auto a8 = hn::Set(d, 0.08F), a9 = hn::Set(d, 0.09F), a10 = hn::Set(d, 0.10F), a11 = hn::Set(d, 0.11F);
    for (long i = 0; i < rounds; ++i) {
        a0 = hn::MulAdd(a0, factor, addend);
        a1 = hn::MulAdd(a1, factor, addend);
        a2 = hn::MulAdd(a2, factor, addend);
        a3 = hn::MulAdd(a3, factor, addend);
        a4 = hn::MulAdd(a4, factor, addend);
        a5 = hn::MulAdd(a5, factor, addend);
        a6 = hn::MulAdd(a6, factor, addend);
        a7 = hn::MulAdd(a7, factor, addend);
        a8 = hn::MulAdd(a8, factor, addend);
        a9 = hn::MulAdd(a9, factor, addend);
        a10 = hn::MulAdd(a10, factor, addend);
        a11 = hn::MulAdd(a11, factor, addend);
    }
    const auto low = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), hn::Add(a4, a5));
    const auto high = hn::Add(hn::Add(hn::Add(a6, a7), hn::Add(a8, a9)), hn::Add(a10, a11));
    *sink = hn::GetLane(hn::SumOfLanes(d, hn::Add(low, high)));
    return 2.0 * 12 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
}

}  // namespace espalier::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "bench/fma_peak.h"

namespace espalier::bench {

HWY_EXPORT(burn);

double fma_peak(int threads) {
    constexpr long kRounds = 12'000'000;  // about 40 ms at 3.6 GHz
    double flops = 0;
    const auto start = std::chrono::steady_clock::now();
#pragma omp parallel for num_threads(threads) reduction(+ : flops)
    for (int i = 0; i < threads; ++i) {
        float sink = 0;
        flops += HWY_DYNAMIC_DISPATCH(burn)(kRounds, &sink);
        volatile float keep = sink;
        (void)keep;
    }
    return flops / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace espalier::bench
#endif
