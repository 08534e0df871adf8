// From sums of up to 16 outputs at 16 positions to bytes or f32, channels last.
#pragma once

#include <immintrin.h>

#include <algorithm>

#include "kernels/avx512_target.h"
#include "kernels/conv_i8_quads/quad_task.h"
#include "kernels/transpose_avx512.h"

namespace espalier::kernels {

class QuadFinish {
  public:
    explicit QuadFinish(const QuadTask& task)
        : task_(task),
          flip_(task.finish.y.is_signed ? 0x80 : 0),
          zero_(task.finish.y.zero + (task.finish.y.is_signed ? 128 : 0)),
          low_(task.finish.low),
          high_(task.finish.high) {
        if (!task.finish.bytes) return;
        low_ = std::max(low_, static_cast<float>(task.finish.y.least() - task.finish.y.zero));
        high_ = std::min(high_, static_cast<float>(task.finish.y.most() - task.finish.y.zero));
    }

    /// Sums of outputs [output, output + 16), `step` apart, at the 16 positions from 16 * `half` on.
    ESPALIER_AVX512 void run(const std::int32_t* sums, std::int64_t step, std::int64_t output,
                             std::int64_t half) const {
        const std::uint32_t word = task_.planes->valid(half / 2);
        const std::uint32_t valid = half % 2 == 0 ? word & 0xFFFF : word >> 16;
        if (valid == 0) return;
        const std::int64_t left = task_.weights->rows() - output;
        const auto mask = static_cast<__mmask16>(left >= 16 ? 0xFFFF : (1U << left) - 1);
        __m512 r[16];
        for (int row = 0; row < 16; ++row) {
            r[row] =
                row < left ? _mm512_castsi512_ps(_mm512_load_si512(sums + row * step)) : _mm512_setzero_ps();
        }
        transpose_16x16(r);
        const __m512i correction =
            _mm512_mullo_epi32(_mm512_maskz_loadu_epi32(mask, task_.weights->sums().data() + output),
                               _mm512_set1_epi32(-task_.zero));
        const __m512 scale = _mm512_maskz_loadu_ps(mask, task_.finish.scale + output);
        const __m512 shift = _mm512_maskz_loadu_ps(mask, task_.finish.shift + output);
        std::int64_t at =
            task_.planes->outputs_before(half / 2) + (half % 2 == 0 ? 0 : __builtin_popcount(word & 0xFFFF));
        for (int i = 0; i < 16; ++i) {
            if ((valid >> i & 1) == 0) continue;
            const __m512i sum = _mm512_add_epi32(_mm512_castps_si512(r[i]), correction);
            const __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, shift);
            // NaN becomes the lower bound: the second operand stands where one is no number.
            store(_mm512_min_ps(_mm512_max_ps(value, _mm512_set1_ps(low_)), _mm512_set1_ps(high_)),
                  at * task_.pitch + output, mask);
            ++at;
        }
    }

  private:
    ESPALIER_AVX512_INLINE void store(__m512 value, std::int64_t at, __mmask16 mask) const {
        if (!task_.finish.bytes) {
            _mm512_mask_storeu_ps(static_cast<float*>(task_.y) + at, mask, value);
            return;
        }
        const __m512i whole = _mm512_add_epi32(_mm512_cvtps_epi32(value), _mm512_set1_epi32(zero_));
        const __m128i bytes =
            _mm_xor_si128(_mm512_cvtepi32_epi8(whole), _mm_set1_epi8(static_cast<char>(flip_)));
        _mm_mask_storeu_epi8(static_cast<std::uint8_t*>(task_.y) + at, mask, bytes);
    }

    const QuadTask& task_;
    std::uint8_t flip_;  // bytes are made as u8
    std::int32_t zero_;
    float low_, high_;
};

}  // namespace espalier::kernels
