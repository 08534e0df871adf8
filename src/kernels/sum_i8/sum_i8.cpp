// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/sum_i8/sum_i8.h"

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sum_i8/sum_i8.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_i8/byte_finish-inl.h"
#include "kernels/instruction_set.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

std::uint8_t flip_of(const ByteQuantum& quantum) { return quantum.is_signed ? 0x80 : 0; }
float origin_of(const ByteQuantum& quantum) {
    return static_cast<float>(quantum.zero + (quantum.is_signed ? 128 : 0));
}

void run(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
         const ByteFinish& finish, std::uint8_t* y) {
    const ByteBounds bounds(finish);
    const float shift = -origin_of(sum.a) * sum.scale_a - origin_of(sum.b) * sum.scale_b;
    std::int64_t i = 0;
#if ESPALIER_PAIRS
    const hn::CappedTag<std::int32_t, 16> d;
    const hn::RebindToFloat<decltype(d)> real;
    const hn::Rebind<std::uint8_t, decltype(d)> bytes;
    constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(d));
    const auto number = [&](const std::uint8_t* from, std::uint8_t flip) HWY_ATTR {
        return hn::ConvertTo(real, hn::PromoteTo(d, hn::Xor(hn::LoadU(bytes, from), hn::Set(bytes, flip))));
    };
    const auto value = [&](std::int64_t at) HWY_ATTR {
        const auto left =
            hn::MulAdd(number(a + at, flip_of(sum.a)), hn::Set(real, sum.scale_a), hn::Set(real, shift));
        const auto both = hn::MulAdd(number(b + at, flip_of(sum.b)), hn::Set(real, sum.scale_b), left);
        return hn::Min(hn::Max(both, hn::Set(real, bounds.low)), hn::Set(real, bounds.high));
    };
    for (; i + 2 * kLanes <= count; i += 2 * kLanes)
        store_bytes(d, value(i), value(i + kLanes), bounds, y + i);
#endif
    for (; i < count; ++i) {
        const auto left = static_cast<float>(a[i] ^ flip_of(sum.a)) * sum.scale_a + shift;
        const auto both = static_cast<float>(b[i] ^ flip_of(sum.b)) * sum.scale_b + left;
        y[i] = as_byte(std::min(bounds.high, std::max(bounds.low, both)), bounds);
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

void sum_i8(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
            const ByteFinish& finish, std::uint8_t* y) noexcept {
    HWY_DYNAMIC_DISPATCH(run)(a, b, count, sum, finish, y);
}

std::string sum_i8_instruction_set() { return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)()); }

}  // namespace espalier::kernels
#endif
