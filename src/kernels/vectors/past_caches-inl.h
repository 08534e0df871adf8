// Writing past the caches. For the kernels' files only, between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE
// of each instruction set (Highway's guard for headers that are compiled many times).
#if defined(ESPALIER_KERNELS_VECTORS_PAST_CACHES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_VECTORS_PAST_CACHES_INL_H
#undef ESPALIER_KERNELS_VECTORS_PAST_CACHES_INL_H
#else
#define ESPALIER_KERNELS_VECTORS_PAST_CACHES_INL_H
#endif

#include <hwy/highway.h>

#include "kernels/vectors/some_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Writes a whole vector, past the caches if `past` (kernels/past_caches.h says when).
template <class D>
HWY_INLINE void write_vector(hn::Vec<D> value, D d, float* HWY_RESTRICT to, bool past) {
    past ? hn::Stream(value, d, to) : hn::StoreU(value, d, to);
}

/// Writes the first `count` lanes, which are all of them if `past`.
template <class D>
HWY_INLINE void write_some(hn::Vec<D> value, D d, std::int64_t count, float* HWY_RESTRICT to, bool past) {
    past ? hn::Stream(value, d, to) : store_some(d, value, count, to);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
