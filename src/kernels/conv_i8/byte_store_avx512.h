// From sums of up to 16 neighbouring outputs to bytes or f32.
#pragma once

#include <immintrin.h>

#include "kernels/avx512_target.h"
#include "kernels/conv_i8/conv_i8.h"

namespace espalier::kernels {

class ByteStore {
  public:
    explicit ByteStore(const ByteFinish& finish)
        : bytes_(finish.bytes),
          flip_(finish.y.flip()),
          zero_(finish.y.origin()),
          low_(finish.bounds().first),
          high_(finish.bounds().second) {}

    /// Outputs of `mask` to element `at` of y.
    ESPALIER_AVX512_INLINE void put(__m512i sum, __m512 scale, __m512 shift, void* y, std::int64_t at,
                                    __mmask16 mask) const {
        const __m512 value = bounded(sum, scale, shift);
        if (bytes_) {
            _mm_mask_storeu_epi8(static_cast<std::uint8_t*>(y) + at, mask, rounded(value));
        } else {
            _mm512_mask_storeu_ps(static_cast<float*>(y) + at, mask, value);
        }
    }
    /// All sixteen of them.
    ESPALIER_AVX512_INLINE void put(__m512i sum, __m512 scale, __m512 shift, void* y, std::int64_t at) const {
        const __m512 value = bounded(sum, scale, shift);
        if (bytes_) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(static_cast<std::uint8_t*>(y) + at), rounded(value));
        } else {
            _mm512_storeu_ps(static_cast<float*>(y) + at, value);
        }
    }

    /// Sums of 64 channels in the order of interleaved_place(), as scale and shift. Those of `mask` go to
    /// element `at` of y.
    ESPALIER_AVX512_INLINE void put_interleaved(const __m512i* sums, const float* scale, const float* shift,
                                                void* y, std::int64_t at, __mmask64 mask) const {
        __m512 values[4];
#pragma GCC unroll 4
        for (int v = 0; v < 4; ++v)
            values[v] = bounded(sums[v], _mm512_loadu_ps(scale + 16 * v), _mm512_loadu_ps(shift + 16 * v));
        if (!bytes_) return put_interleaved(values, static_cast<float*>(y) + at, mask);
        const __m512i zero = _mm512_set1_epi16(static_cast<short>(zero_));
        const __m512i low = _mm512_packs_epi32(_mm512_cvtps_epi32(values[0]), _mm512_cvtps_epi32(values[1]));
        const __m512i high = _mm512_packs_epi32(_mm512_cvtps_epi32(values[2]), _mm512_cvtps_epi32(values[3]));
        const __m512i whole = _mm512_packus_epi16(_mm512_add_epi16(low, zero), _mm512_add_epi16(high, zero));
        _mm512_mask_storeu_epi8(static_cast<std::uint8_t*>(y) + at, mask,
                                _mm512_xor_si512(whole, _mm512_set1_epi8(static_cast<char>(flip_))));
    }

  private:
    ESPALIER_AVX512 static void put_interleaved(const __m512* values, float* y, __mmask64 mask) {
        alignas(64) float turned[64];
        for (int v = 0; v < 4; ++v) _mm512_store_ps(turned + 16 * v, values[v]);
        for (int c = 0; c < 64; ++c) {
            if ((mask >> c & 1) != 0) y[c] = turned[interleaved_place(c)];
        }
    }
    /// The second operand stands where one is no number: NaN stays in f32, and as bytes is the lower bound.
    ESPALIER_AVX512_INLINE __m512 bounded(__m512i sum, __m512 scale, __m512 shift) const {
        const __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, shift);
        const __m512 low = _mm512_set1_ps(low_), high = _mm512_set1_ps(high_);
        if (!bytes_) return _mm512_min_ps(high, _mm512_max_ps(low, value));
        return _mm512_min_ps(_mm512_max_ps(value, low), high);
    }
    ESPALIER_AVX512_INLINE __m128i rounded(__m512 value) const {
        const __m512i whole = _mm512_add_epi32(_mm512_cvtps_epi32(value), _mm512_set1_epi32(zero_));
        return _mm_xor_si128(_mm512_cvtepi32_epi8(whole), _mm_set1_epi8(static_cast<char>(flip_)));
    }

    bool bytes_;
    std::uint8_t flip_;  // bytes are made as u8
    std::int32_t zero_;
    float low_, high_;
};

}  // namespace espalier::kernels
