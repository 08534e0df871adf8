// Weights of 16 bits as vectors of f32. For the kernels' files only, between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are compiled many times).
#if defined(ESPALIER_KERNELS_VECTORS_HALVES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_VECTORS_HALVES_INL_H
#undef ESPALIER_KERNELS_VECTORS_HALVES_INL_H
#else
#define ESPALIER_KERNELS_VECTORS_HALVES_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

struct F16 {
    template <class D>
    static HWY_INLINE hn::Vec<D> load(D d, const std::uint16_t* at) {
        const hn::Rebind<hwy::float16_t, D> half;
        return hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(at)));
    }
    template <class D, class Bits>
    static HWY_INLINE hn::Vec<D> promote(D d, Bits bits) {
        const hn::Rebind<hwy::float16_t, D> half;
        return hn::PromoteTo(d, hn::BitCast(half, bits));
    }
};

struct Bf16 {
    template <class D>
    static HWY_INLINE hn::Vec<D> load(D d, const std::uint16_t* at) {
        const hn::Rebind<std::uint16_t, D> half;
        return promote(d, hn::LoadU(half, at));
    }
    template <class D, class Bits>
    static HWY_INLINE hn::Vec<D> promote(D d, Bits bits) {
        const hn::RebindToUnsigned<D> whole;
        return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(whole, bits)));
    }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
