// What becomes of sixteen sums of a convolution, the residual added.
#pragma once

#include <immintrin.h>

#include "kernels/avx512_target.h"
#include "kernels/conv_f32_panel/conv_f32_panel.h"

namespace espalier::kernels {

/// e^x, of x up to 88, where it is within 2 units of the last place; 0 below -87.
ESPALIER_AVX512_INLINE __m512 exp_avx512(__m512 x) {
    x = _mm512_max_ps(x, _mm512_set1_ps(-87.0F));
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504F)), 0);
    // ln 2 in two parts: the first has few digits, so n times it is exact.
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375F), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4F), r);
    __m512 p = _mm512_set1_ps(1.0F / 720);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 120));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F));
    return _mm512_scalef_ps(p, n);
}

ESPALIER_AVX512_INLINE __m512 finished_avx512(ConvFinish::Function function, float low, float high,
                                              __m512 sum) {
    if (function == ConvFinish::Function::swish) {
        const __m512 power =
            exp_avx512(_mm512_min_ps(_mm512_sub_ps(_mm512_setzero_ps(), sum), _mm512_set1_ps(88.0F)));
        sum = _mm512_div_ps(sum, _mm512_add_ps(_mm512_set1_ps(1.0F), power));
    } else if (function == ConvFinish::Function::hard_swish) {
        const __m512 gate = _mm512_fmadd_ps(sum, _mm512_set1_ps(1.0F / 6), _mm512_set1_ps(0.5F));
        const __m512 open = _mm512_min_ps(_mm512_max_ps(gate, _mm512_setzero_ps()), _mm512_set1_ps(1.0F));
        sum = _mm512_mul_ps(sum, open);
    }
    // The second operand stands where one is no number: NaN stays.
    return _mm512_max_ps(_mm512_set1_ps(low), _mm512_min_ps(_mm512_set1_ps(high), sum));
}

}  // namespace espalier::kernels
