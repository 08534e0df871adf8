// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/elementwise_i8/elementwise_i8.h"

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise_i8/elementwise_i8.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_i8/byte_finish-inl.h"
#include "kernels/instruction_set.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

#if ESPALIER_PAIRS
using D32 = hn::CappedTag<std::int32_t, 16>;
using Real = hn::Vec<hn::RebindToFloat<D32>>;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D32()));

/// Bytes as u8.
HWY_INLINE Real number(const std::uint8_t* from, std::uint8_t flip) {
    const hn::Rebind<std::uint8_t, D32> bytes;
    const auto raw = hn::Xor(hn::LoadU(bytes, from), hn::Set(bytes, flip));
    return hn::ConvertTo(hn::RebindToFloat<D32>(), hn::PromoteTo(D32(), raw));
}

HWY_INLINE Real set(float value) { return hn::Set(hn::RebindToFloat<D32>(), value); }
#endif

HWY_INLINE float number(const std::uint8_t& from, std::uint8_t flip) {
    return static_cast<float>(from ^ flip);
}

/// `value(x, z)` of what number() makes of neighbours of a and b, vectors or single ones.
template <class Value>
HWY_INLINE void each(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, std::uint8_t flip_a,
                     std::uint8_t flip_b, const ByteFinish& finish, std::uint8_t* y, const Value& value) {
    const ByteBounds bounds(finish);
    std::int64_t i = 0;
#if ESPALIER_PAIRS
    const auto at = [&](std::int64_t k) HWY_ATTR {
        const Real found = value(number(a + k, flip_a), number(b + k, flip_b));
        return hn::Min(hn::Max(found, set(bounds.low)), set(bounds.high));
    };
    for (; i + 2 * kLanes <= count; i += 2 * kLanes) store_bytes(D32(), at(i), at(i + kLanes), bounds, y + i);
#endif
    for (; i < count; ++i) {
        const float found = value(number(a[i], flip_a), number(b[i], flip_b));
        y[i] = as_byte(std::min(bounds.high, std::max(bounds.low, found)), bounds);
    }
}

struct Sum {
    float scale_a, scale_b, shift;
#if ESPALIER_PAIRS
    HWY_INLINE Real operator()(Real a, Real b) const {
        return hn::MulAdd(b, set(scale_b), hn::MulAdd(a, set(scale_a), set(shift)));
    }
#endif
    HWY_INLINE float operator()(float a, float b) const { return b * scale_b + (a * scale_a + shift); }
};

/// The product of both is exact, so it is rounded once.
struct Product {
    float origin_a, origin_b, scale;
#if ESPALIER_PAIRS
    HWY_INLINE Real operator()(Real a, Real b) const {
        return hn::Mul(hn::Mul(hn::Sub(a, set(origin_a)), hn::Sub(b, set(origin_b))), set(scale));
    }
#endif
    HWY_INLINE float operator()(float a, float b) const { return (a - origin_a) * (b - origin_b) * scale; }
};

void run_sum(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
             const ByteFinish& finish, std::uint8_t* y) {
    const float shift =
        -static_cast<float>(sum.a.origin()) * sum.scale_a - static_cast<float>(sum.b.origin()) * sum.scale_b;
    each(a, b, count, sum.a.flip(), sum.b.flip(), finish, y, Sum{sum.scale_a, sum.scale_b, shift});
}

void run_product(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteProduct& product,
                 const ByteFinish& finish, std::uint8_t* y) {
    each(a, b, count, product.a.flip(), product.b.flip(), finish, y,
         Product{static_cast<float>(product.a.origin()), static_cast<float>(product.b.origin()),
                 product.scale});
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_sum);
HWY_EXPORT(run_product);
HWY_EXPORT(target_name);

}  // namespace

void sum_i8(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
            const ByteFinish& finish, std::uint8_t* y) noexcept {
    HWY_DYNAMIC_DISPATCH(run_sum)(a, b, count, sum, finish, y);
}

void product_i8(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteProduct& product,
                const ByteFinish& finish, std::uint8_t* y) noexcept {
    HWY_DYNAMIC_DISPATCH(run_product)(a, b, count, product, finish, y);
}

std::string elementwise_i8_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
