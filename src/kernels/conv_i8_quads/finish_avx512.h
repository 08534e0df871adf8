// From sums of up to 16 outputs at 16 positions to bytes or f32, channels last.
#pragma once

#include <immintrin.h>

#include "kernels/avx512_target.h"
#include "kernels/conv_i8/byte_store_avx512.h"
#include "kernels/conv_i8_quads/quad_task.h"
#include "kernels/transpose_avx512.h"

namespace espalier::kernels {

class QuadFinish {
  public:
    explicit QuadFinish(const QuadTask& task) : task_(task), store_(task.finish) {}

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
            store_.put(sum, scale, shift, task_.y, at * task_.pitch + output, mask);
            ++at;
        }
    }

  private:
    const QuadTask& task_;
    ByteStore store_;
};

}  // namespace espalier::kernels
