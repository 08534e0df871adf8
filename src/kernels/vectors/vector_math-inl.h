// e^x and the error function on vectors, for kernels that are compiled for several instruction sets. NaN for
// NaN. Between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of each (Highway's guard for headers that are
// compiled many times).
#if defined(ESPALIER_KERNELS_VECTORS_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_VECTORS_VECTOR_MATH_INL_H_
#undef ESPALIER_KERNELS_VECTORS_VECTOR_MATH_INL_H_
#else
#define ESPALIER_KERNELS_VECTORS_VECTOR_MATH_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

/// e^x for x <= 88, within 2 units in the last place; below -87 it is 0. A polynomial of Cephes (Moshier).
template <class D, class V = hwy::HWY_NAMESPACE::Vec<D>>
HWY_INLINE V exp_of(D d, V x) {
    namespace hn = hwy::HWY_NAMESPACE;
    const hn::RebindToSigned<D> di;
    const V shift =
        hn::Set(d, 12582912.0F);  // 1.5 * 2^23: adding it rounds to an integer, in the lowest bits
    const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504088896341F), shift);
    const V n = hn::Sub(shifted, shift);
    const V r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4F),
                              hn::NegMulAdd(n, hn::Set(d, 0.693359375F), x));  // ln 2 in two parts
    V p = hn::MulAdd(hn::Set(d, 1.9875691500e-4F), r, hn::Set(d, 1.3981999507e-3F));
    p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3F));
    p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2F));
    p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1F));
    p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1F));
    p = hn::MulAdd(hn::Mul(p, r), r, hn::Add(r, hn::Set(d, 1.0F)));
    const auto exponent = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, shift));
    const auto power = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(exponent, hn::Set(di, 127))));
    return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.0F)), hn::Mul(p, power));
}

/// erf(x) within 4e-7: x P(x^2) / Q(x^2), with the coefficients that Eigen and XLA use.
template <class D, class V = hwy::HWY_NAMESPACE::Vec<D>>
HWY_INLINE V erf_of(D d, V x) {
    namespace hn = hwy::HWY_NAMESPACE;
    // A NaN must survive, so not by Min and Max.
    const V most = hn::Set(d, 3.8325068569F);
    const auto far = hn::Gt(hn::Abs(x), most);
    const V sized = hn::IfThenElse(far, most, x);
    const V z = hn::Mul(sized, sized);
    V p = hn::MulAdd(hn::Set(d, -2.72614225801306e-10F), z, hn::Set(d, 2.77068142495902e-08F));
    p = hn::MulAdd(p, z, hn::Set(d, -2.10102402082508e-06F));
    p = hn::MulAdd(p, z, hn::Set(d, -5.69250639462346e-05F));
    p = hn::MulAdd(p, z, hn::Set(d, -7.34990630326855e-04F));
    p = hn::MulAdd(p, z, hn::Set(d, -2.95459980854025e-03F));
    p = hn::MulAdd(p, z, hn::Set(d, -1.60960333262415e-02F));
    V q = hn::MulAdd(hn::Set(d, -1.45660718464996e-05F), z, hn::Set(d, -2.13374055278905e-04F));
    q = hn::MulAdd(q, z, hn::Set(d, -1.68282697438203e-03F));
    q = hn::MulAdd(q, z, hn::Set(d, -7.37332916720468e-03F));
    q = hn::MulAdd(q, z, hn::Set(d, -1.42647390514189e-02F));
    // Exactly 1 where it is within half a unit of that, or Gelu would not be 0 far below 0.
    const V near = hn::Div(hn::Mul(sized, p), q);
    return hn::IfThenElse(far, hn::CopySign(hn::Set(d, 1.0F), x), near);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
