// The first lanes of a vector of floats, from memory and to it. For the kernels' files only, between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are
// compiled many times).
#if defined(ESPALIER_KERNELS_VECTORS_SOME_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_VECTORS_SOME_LANES_INL_H
#undef ESPALIER_KERNELS_VECTORS_SOME_LANES_INL_H
#else
#define ESPALIER_KERNELS_VECTORS_SOME_LANES_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Highway's macro is set for AVX2, but only lanes narrower than floats need that, and not for its plain code,
// which reads what a mask leaves out.
#if HWY_TARGET == HWY_SCALAR || (HWY_MEM_OPS_MIGHT_FAULT && HWY_TARGET != HWY_AVX2)
constexpr bool kMasksMemory = false;
#else
constexpr bool kMasksMemory = true;
#endif

/// `count` lanes, of which there may be more than a vector has, and zeros. What lies behind is not read.
template <class D>
HWY_INLINE hn::Vec<D> load_some(D d, std::int64_t count, const float* HWY_RESTRICT from) {
    constexpr auto kAll = static_cast<std::int64_t>(hn::MaxLanes(D()));
    if (count >= kAll) return hn::LoadU(d, from);
    if constexpr (kMasksMemory)
        return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
    HWY_ALIGN float lanes[kAll] = {};
    for (std::int64_t i = 0; i < count; ++i) lanes[i] = from[i];
    return hn::Load(d, lanes);
}

template <class D>
HWY_INLINE void store_some(D d, hn::Vec<D> value, std::int64_t count, float* HWY_RESTRICT to) {
    constexpr auto kAll = static_cast<std::int64_t>(hn::MaxLanes(D()));
    if (count >= kAll) return hn::StoreU(value, d, to);
    if constexpr (kMasksMemory)
        return hn::BlendedStore(value, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
    HWY_ALIGN float lanes[kAll];
    hn::Store(value, d, lanes);
    for (std::int64_t i = 0; i < count; ++i) to[i] = lanes[i];
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
