#include "prune/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "prune/simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace espalier::prune::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 16 lanes, so that a vector's bits lie in two whole bytes at the most and 64 scores in whole
// vectors.
using Floats = hn::CappedTag<float, 16>;

/// Bits of up to 64 scores. `compare` gives a mask of a vector.
template <class Compare>
std::uint64_t word_of(const float* scores, std::size_t count, Compare compare) {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    std::uint64_t word = 0;
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        std::uint64_t bits = 0;
        hn::StoreMaskBits(d, compare(hn::LoadU(d, scores + i)), reinterpret_cast<std::uint8_t*>(&bits));
        word |= bits << i;
    }
    for (; i < count; ++i) {
        const bool bit = hn::CountTrue(d, compare(hn::Set(d, scores[i]))) != 0;
        word |= std::uint64_t{bit} << i;
    }
    return word;
}

template <class Compare>
void bits_where(const float* scores, std::size_t count, std::uint64_t* bits, Compare compare) {
    std::size_t i = 0;
    for (; i + 64 <= count; i += 64) *bits++ = word_of(scores + i, 64, compare);
    if (i < count) *bits = word_of(scores + i, count - i, compare);
}

void Greater(const float* scores, std::size_t count, float threshold, std::uint64_t* bits) {
    const auto least = hn::Set(Floats(), threshold);
    bits_where(scores, count, bits, [least](auto v) HWY_ATTR { return hn::Gt(v, least); });
}

void NotLess(const float* scores, std::size_t count, float threshold, std::uint64_t* bits) {
    const auto least = hn::Set(Floats(), threshold);
    bits_where(scores, count, bits, [least](auto v) HWY_ATTR { return hn::Ge(v, least); });
}

bool AllFinite(const float* scores, std::size_t count) {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    // x - x is 0 for a finite x and NaN for the others, and a sum of zeros stays 0.
    auto sum = hn::Zero(d);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const auto v = hn::LoadU(d, scores + i);
        sum = hn::Add(sum, hn::Sub(v, v));
    }
    float rest = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; i < count; ++i) rest += scores[i] - scores[i];
    return rest == 0.0F;
}

void FillWhereZero(float* scores, std::size_t count, const std::uint64_t* bits, float value) {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    const auto fill = hn::Set(d, value);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const std::uint64_t word = bits[i / 64] >> (i % 64);
        const auto mask = hn::LoadMaskBits(d, reinterpret_cast<const std::uint8_t*>(&word));
        hn::StoreU(hn::IfThenElse(mask, hn::LoadU(d, scores + i), fill), d, scores + i);
    }
    for (; i < count; ++i) {
        if ((bits[i / 64] >> (i % 64) & 1) == 0) scores[i] = value;
    }
}

}  // namespace espalier::prune::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::prune {

HWY_EXPORT(Greater);
HWY_EXPORT(NotLess);
HWY_EXPORT(AllFinite);
HWY_EXPORT(FillWhereZero);

void bits_greater(std::span<const float> scores, float threshold, std::uint64_t* bits) noexcept {
    HWY_DYNAMIC_DISPATCH(Greater)(scores.data(), scores.size(), threshold, bits);
}

void bits_not_less(std::span<const float> scores, float threshold, std::uint64_t* bits) noexcept {
    HWY_DYNAMIC_DISPATCH(NotLess)(scores.data(), scores.size(), threshold, bits);
}

bool all_finite(std::span<const float> scores) noexcept {
    return HWY_DYNAMIC_DISPATCH(AllFinite)(scores.data(), scores.size());
}

void fill_where_zero(std::span<float> scores, const std::uint64_t* bits, float value) noexcept {
    HWY_DYNAMIC_DISPATCH(FillWhereZero)(scores.data(), scores.size(), bits, value);
}

}  // namespace espalier::prune
#endif  // HWY_ONCE
