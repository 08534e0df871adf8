// What becomes of the sums of a convolution in registers. For the kernels' files only, between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each instruction set (Highway's guard for headers that are
// compiled many times).
#if defined(ESPALIER_KERNELS_CONV_FINISH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_CONV_FINISH_INL_H
#undef ESPALIER_KERNELS_CONV_FINISH_INL_H
#else
#define ESPALIER_KERNELS_CONV_FINISH_INL_H
#endif

#include <hwy/highway.h>
// Of the same instruction set.
#include <hwy/contrib/math/math-inl.h>

#include "kernels/conv_f32_panel/conv_f32_panel.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// On x86 the second operand stands where one is no number: NaN stays.
template <class V>
HWY_INLINE V clamped(V low, V high, V sum) {
    return hn::Max(low, hn::Min(high, sum));
}

/// Complete sums, the residual added: the function is taken, then they are clamped where the finish does so.
template <class D>
HWY_INLINE hn::Vec<D> finished(const ConvFinish& finish, bool clamps, D d, hn::Vec<D> sum) {
    using enum ConvFinish::Function;
    if (finish.function == swish) {
        // Highway's Exp is right up to 104 only: of 878 it makes 0, and NaN of others.
        const auto power = hn::Exp(d, hn::Min(hn::Neg(sum), hn::Set(d, 88.0F)));
        sum = hn::Div(sum, hn::Add(hn::Set(d, 1.0F), power));
    } else if (finish.function == hard_swish) {
        const auto gate = hn::MulAdd(sum, hn::Set(d, 1.0F / 6), hn::Set(d, 0.5F));
        sum = hn::Mul(sum, hn::Min(hn::Max(gate, hn::Zero(d)), hn::Set(d, 1.0F)));
    }
    return clamps ? clamped(hn::Set(d, finish.low), hn::Set(d, finish.high), sum) : sum;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
