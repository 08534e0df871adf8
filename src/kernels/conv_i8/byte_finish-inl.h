// What kernels of 8-bit integers share: sums of products of 16 bits, and bytes or f32 from them. Compiled
// once for each instruction set.
#include <algorithm>
#include <cmath>

#include "kernels/conv_i8/conv_i8.h"

#if defined(ESPALIER_KERNELS_BYTE_FINISH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_BYTE_FINISH_INL_H
#undef ESPALIER_KERNELS_BYTE_FINISH_INL_H
#else
#define ESPALIER_KERNELS_BYTE_FINISH_INL_H
#endif

// Sets of vectors without products of neighbouring pairs are left to the compiler.
#undef ESPALIER_PAIRS
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSE4
#define ESPALIER_PAIRS 1
#else
#define ESPALIER_PAIRS 0
#endif

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Of values before they are rounded.
struct ByteBounds {
    explicit ByteBounds(const ByteFinish& finish)
        : flip(finish.y.flip()),
          zero(finish.y.origin()),
          bytes(finish.bytes),
          low(finish.bounds().first),
          high(finish.bounds().second) {}
    std::uint8_t flip;  // bytes are made as u8
    std::int32_t zero;
    bool bytes;
    float low, high;
};

/// NaN, where a product of scales is infinite, stays in f32, and as bytes becomes the lower bound.
HWY_INLINE float bounded(std::int32_t sum, float scale, float shift, const ByteBounds& bounds) {
    const float value = static_cast<float>(sum) * scale + shift;
    if (!bounds.bytes && std::isnan(value)) return value;
    return std::min(bounds.high, std::max(bounds.low, value));
}

HWY_INLINE std::uint8_t as_byte(float value, const ByteBounds& bounds) {
    const auto q = static_cast<std::int32_t>(std::nearbyint(value)) + bounds.zero;
    return static_cast<std::uint8_t>(static_cast<std::uint8_t>(q) ^ bounds.flip);
}

#if ESPALIER_PAIRS

/// sum + the products of pairs of 16 bits.
template <class D, class V>
HWY_INLINE V add_products(D d, V sum, V a, V b) {
#if HWY_TARGET == HWY_AVX2
    if constexpr (hn::MaxLanes(D()) == 8) {
        // As one, or g++ 12 keeps several products at a time and half of the sums in memory.
        __m256i products;
        __asm__("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0"
                : "+x"(sum.raw), "=&x"(products)
                : "x"(a.raw), "xm"(b.raw));
        return sum;
    }
#endif
    const hn::Repartition<std::int16_t, D> narrow;
    V unused = hn::Zero(d);
    return hn::ReorderWidenMulAccumulate(d, hn::BitCast(narrow, a), hn::BitCast(narrow, b), sum, unused);
}

template <class D, class V>
HWY_INLINE hn::Vec<hn::RebindToFloat<D>> bounded(D, V sum, const float* scale, const float* shift,
                                                 const ByteBounds& bounds) {
    const hn::RebindToFloat<D> real;
    const auto value = hn::MulAdd(hn::ConvertTo(real, sum), hn::LoadU(real, scale), hn::LoadU(real, shift));
    const auto low = hn::Set(real, bounds.low), high = hn::Set(real, bounds.high);
    // The second operand stands where one is no number.
    if (!bounds.bytes) return hn::Min(high, hn::Max(low, value));
    return hn::Min(hn::Max(value, low), high);
}

template <class D, class V>
HWY_INLINE void store_bytes(D d, V value, const ByteBounds& bounds, std::uint8_t* to) {
    const hn::Rebind<std::uint8_t, D> bytes;
    const auto q = hn::Add(hn::NearestInt(value), hn::Set(d, bounds.zero));
    hn::StoreU(hn::Xor(hn::DemoteTo(bytes, q), hn::Set(bytes, bounds.flip)), bytes, to);
}

/// Two vectors beside each other.
template <class D, class V>
HWY_INLINE void store_bytes(D d, V first, V second, const ByteBounds& bounds, std::uint8_t* to) {
#if HWY_TARGET == HWY_AVX2
    if constexpr (hn::MaxLanes(D()) == 8) {
        // Bounds keep values small, so NearestInt()'s care for those above 2^31 is not needed: a third of the
        // time.
        __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(first.raw), _mm256_cvtps_epi32(second.raw));
        words = _mm256_permute4x64_epi64(words, 0xD8);
        words = _mm256_add_epi16(words, _mm256_set1_epi16(static_cast<short>(bounds.zero)));
        const __m128i bytes =
            _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                         _mm_xor_si128(bytes, _mm_set1_epi8(static_cast<char>(bounds.flip))));
        return;
    }
#endif
    store_bytes(d, first, bounds, to);
    store_bytes(d, second, bounds, to + hn::MaxLanes(D()));
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
