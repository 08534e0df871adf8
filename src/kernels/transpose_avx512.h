// Sixteen vectors of sixteen 32-bit numbers, rows made columns.
#pragma once

#include <immintrin.h>

#include "kernels/avx512_target.h"

namespace espalier::kernels {

/// r[i][j] becomes r[j][i]: pairs, then fours, inside of 128 bits, then these among each other.
ESPALIER_AVX512_INLINE void transpose_16x16(__m512* r) {
    __m512 t[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    // r[4 a + b]: of rows 4 a to 4 a + 3, columns b, 4 + b, 8 + b, 12 + b.
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        const __m512d low0 = _mm512_castps_pd(t[i]), low2 = _mm512_castps_pd(t[i + 2]);
        const __m512d high0 = _mm512_castps_pd(t[i + 1]), high2 = _mm512_castps_pd(t[i + 3]);
        r[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(low0, low2));
        r[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low0, low2));
        r[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high0, high2));
        r[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high0, high2));
    }
#pragma GCC unroll 4
    for (int b = 0; b < 4; ++b) {
        const __m512 low0 = _mm512_shuffle_f32x4(r[b], r[4 + b], 0x88);   // columns b, 8 + b of rows 0 to 7
        const __m512 high0 = _mm512_shuffle_f32x4(r[b], r[4 + b], 0xDD);  // columns 4 + b, 12 + b
        const __m512 low1 = _mm512_shuffle_f32x4(r[8 + b], r[12 + b], 0x88);
        const __m512 high1 = _mm512_shuffle_f32x4(r[8 + b], r[12 + b], 0xDD);
        t[b] = _mm512_shuffle_f32x4(low0, low1, 0x88);
        t[8 + b] = _mm512_shuffle_f32x4(low0, low1, 0xDD);
        t[4 + b] = _mm512_shuffle_f32x4(high0, high1, 0x88);
        t[12 + b] = _mm512_shuffle_f32x4(high0, high1, 0xDD);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) r[i] = t[i];
}

}  // namespace espalier::kernels
