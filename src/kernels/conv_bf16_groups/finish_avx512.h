// What becomes of the sums of a unit of outputs at 32 positions.
#pragma once

#include <immintrin.h>

#include "kernels/avx512_target.h"
#include "kernels/conv_bf16_groups/span_task.h"
#include "kernels/conv_finish_avx512.h"
#include "kernels/transpose_avx512.h"

namespace espalier::kernels {

/// The outputs of one unit from `output` on, at the 32 positions of a word.
class SpanFinish {
  public:
    ESPALIER_AVX512_BF16 SpanFinish(const SpanTask& task, std::int64_t output, std::int64_t word)
        : task_(task),
          output_(output),
          valid_(task.planes->valid(word)),
          at_(task.planes->outputs_before(word)) {}

    /// Sums of `rows` outputs, `step` floats apart, the positions in the order of SpanGather.
    ESPALIER_AVX512_BF16 void run(const float* sums, std::int64_t step, std::int64_t rows) const {
        if (valid_ == 0) return;
        if (!task_.channels_last) return run_planes(sums, step, rows);
        for (std::int64_t row = 0; row < rows; row += 16)
            run_rows(sums + row * step, step, output_ + row, rows - row < 16 ? rows - row : 16);
    }

  private:
    static constexpr int kHalf = 16;

    /// Two vectors in the order of SpanGather, by position.
    ESPALIER_AVX512_BF16_INLINE static void in_order(const float* sums, __m512* low, __m512* high) {
        const __m512 a = _mm512_load_ps(sums), b = _mm512_load_ps(sums + kHalf);
        const __m512 even = _mm512_shuffle_f32x4(a, b, 0x44), odd = _mm512_shuffle_f32x4(a, b, 0xEE);
        // a0 a1 b0 b1 and a2 a3 b2 b3, of 128 bits each, to a0 b0 a1 b1 and a2 b2 a3 b3.
        *low = _mm512_shuffle_f32x4(even, even, 0xD8);
        *high = _mm512_shuffle_f32x4(odd, odd, 0xD8);
    }

    ESPALIER_AVX512_BF16_INLINE __m512 finished(__m512 sum) const {
        const GroupFinish& finish = task_.finish;
        return finished_avx512(finish.function, finish.low, finish.high, sum);
    }

    ESPALIER_AVX512_BF16_INLINE __m512 residual(std::int64_t at, __mmask16 mask) const {
        if (!task_.y_bf16) return _mm512_maskz_loadu_ps(mask, static_cast<const float*>(task_.residual) + at);
        const __m256i half =
            _mm256_maskz_loadu_epi16(mask, static_cast<const std::uint16_t*>(task_.residual) + at);
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
    }

    ESPALIER_AVX512_BF16_INLINE void store(std::int64_t at, __mmask16 mask, __m512 value) const {
        if (task_.y_bf16) {
            _mm256_mask_storeu_epi16(static_cast<std::uint16_t*>(task_.y) + at, mask,
                                     reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)));
        } else {
            _mm512_mask_storeu_ps(static_cast<float*>(task_.y) + at, mask, value);
        }
    }

    /// 16 positions of a row of outputs in a plane, those that are outputs moved together.
    ESPALIER_AVX512_BF16_INLINE void finish_half(std::int64_t at, __mmask16 valid, __m512 sum) const {
        const auto count = static_cast<std::uint32_t>(__builtin_popcount(valid));
        const auto mask = static_cast<__mmask16>((1U << count) - 1);
        if (valid != mask) sum = _mm512_maskz_compress_ps(valid, sum);
        if (task_.residual != nullptr) sum = _mm512_add_ps(sum, residual(at, mask));
        store(at, mask, finished(sum));
    }

    ESPALIER_AVX512_BF16 void run_planes(const float* sums, std::int64_t step, std::int64_t rows) const {
        const auto first = static_cast<__mmask16>(valid_ & 0xFFFF);
        const auto second = static_cast<__mmask16>(valid_ >> 16);
        const std::int64_t behind = at_ + __builtin_popcount(first);
        for (std::int64_t row = 0; row < rows; ++row, sums += step) {
            const __m512 bias = _mm512_set1_ps(task_.weights->bias()[output_ + row]);
            __m512 low, high;
            in_order(sums, &low, &high);
            const std::int64_t plane = (output_ + row) * task_.pitch;
            finish_half(plane + at_, first, _mm512_add_ps(low, bias));
            finish_half(plane + behind, second, _mm512_add_ps(high, bias));
        }
    }

    /// Up to 16 outputs, which lie beside each other at every position.
    ESPALIER_AVX512_BF16 void run_rows(const float* sums, std::int64_t step, std::int64_t output,
                                       std::int64_t outputs) const {
        alignas(64) __m512 low[16], high[16];
        for (int row = 0; row < 16; ++row) {
            low[row] = high[row] = _mm512_setzero_ps();
            if (row < outputs) in_order(sums + row * step, &low[row], &high[row]);
        }
        transpose_16x16(low);
        transpose_16x16(high);
        const __m512 bias = _mm512_loadu_ps(task_.weights->bias() + output);
        const auto mask = static_cast<__mmask16>((1U << outputs) - 1);
        std::int64_t at = at_ * task_.pitch + output;
        for (int i = 0; i < 32; ++i) {
            if ((valid_ >> i & 1) == 0) continue;
            __m512 sum = _mm512_add_ps(i < kHalf ? low[i] : high[i - kHalf], bias);
            if (task_.residual != nullptr) sum = _mm512_add_ps(sum, residual(at, mask));
            store(at, mask, finished(sum));
            at += task_.pitch;
        }
    }

    const SpanTask& task_;
    std::int64_t output_;
    std::uint32_t valid_;
    std::int64_t at_;
};

}  // namespace espalier::kernels
