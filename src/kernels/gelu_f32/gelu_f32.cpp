// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/gelu_f32/gelu_f32.h"

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gelu_f32/gelu_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/instruction_set.h"
#include "kernels/vectors/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <GeluKind kKind, class D, class V = hn::Vec<D>>
HWY_INLINE V of(D d, V x) {
    if constexpr (kKind == GeluKind::erf) return erf_of(d, x);
    const V half = hn::Mul(x, hn::Set(d, 0.5F));
    if constexpr (kKind == GeluKind::gelu)
        return hn::MulAdd(half, erf_of(d, hn::Mul(x, hn::Set(d, 0.70710678118654752F))), half);
    // x / 2 * (1 + tanh(u)) = x / (1 + e^(-2u)); e^x is computed up to 88.
    const V cubic = hn::MulAdd(hn::Mul(x, x), hn::Set(d, -2 * 0.7978845608028654F * 0.044715F),
                               hn::Set(d, -2 * 0.7978845608028654F));
    const V exponent = hn::Mul(x, cubic);
    const V most = hn::Set(d, 88.0F);
    const auto is_nothing = hn::Gt(exponent, most);  // of x below -12, down to -Inf
    const V power = exp_of(d, hn::IfThenElse(is_nothing, most, exponent));
    return hn::IfThenZeroElse(is_nothing, hn::Div(x, hn::Add(power, hn::Set(d, 1.0F))));
}

template <GeluKind kKind>
void map(const float* x, float* y, std::int64_t count) {
    const hn::CappedTag<float, 16> d;
    const hn::CappedTag<float, 1> one;
    constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(d));
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) hn::StoreU(of<kKind>(d, hn::LoadU(d, x + i)), d, y + i);
    for (; i < count; ++i) hn::StoreU(of<kKind>(one, hn::LoadU(one, x + i)), one, y + i);
}

void run(GeluKind kind, const float* x, float* y, std::int64_t count) {
    switch (kind) {
        case GeluKind::erf:
            return map<GeluKind::erf>(x, y, count);
        case GeluKind::gelu:
            return map<GeluKind::gelu>(x, y, count);
        case GeluKind::gelu_tanh:
            return map<GeluKind::gelu_tanh>(x, y, count);
    }
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

void gelu_f32(GeluKind kind, const float* x, float* y, std::int64_t count) noexcept {
    HWY_DYNAMIC_DISPATCH(run)(kind, x, y, count);
}

std::string gelu_f32_instruction_set() { return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)()); }

}  // namespace espalier::kernels
#endif
