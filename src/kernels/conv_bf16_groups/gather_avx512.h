// What the columns of a chunk read at the positions of a span, as operands of products of pairs: tiles of 16
// rows of 64 bytes, row r the pairs of columns 2 r and 2 r + 1 at 16 positions. Of 32 neighbouring positions
// one tile has 0-3, 8-11, 16-19, 24-27 and the next the others, as instructions that interleave give them.
#pragma once

#include <immintrin.h>

#include "kernels/avx512_target.h"
#include "kernels/conv_bf16_groups/span_task.h"

namespace espalier::kernels {

/// `kHalves` times 32 positions at `x`, of `columns` columns, at most 32. What no column fills is zero, so
/// that a weight of 0 does not meet a number that is none.
template <int kHalves>
class SpanGather {
  public:
    static constexpr std::int64_t kBytes = kHalves * 2 * SpanTask::kTileBytes;

    ESPALIER_AVX512_BF16 __attribute__((noinline)) static void full(const std::int32_t* offsets,
                                                                    const std::uint16_t* x, std::byte* to) {
#pragma GCC unroll 4
        for (int row = 0; row < 16; ++row) {
#pragma GCC unroll 2
            for (int half = 0; half < kHalves; ++half) {
                put(_mm512_loadu_si512(x + offsets[2 * row] + 32 * half),
                    _mm512_loadu_si512(x + offsets[2 * row + 1] + 32 * half), place(to, row, half));
            }
        }
    }

    ESPALIER_AVX512_BF16 __attribute__((noinline)) static void part(const std::int32_t* offsets,
                                                                    std::int64_t columns,
                                                                    std::int64_t positions,
                                                                    const std::uint16_t* x, std::byte* to) {
        for (int row = 0; row < 16; ++row) {
            for (int half = 0; half < kHalves; ++half) {
                const std::int64_t left = positions - 32 * half;
                const __mmask32 mask = left >= 32 ? ~__mmask32{0} : left <= 0 ? 0 : (1U << left) - 1;
                const __m512i zero = _mm512_setzero_si512();
                put(2 * row < columns ? _mm512_maskz_loadu_epi16(mask, x + offsets[2 * row] + 32 * half)
                                      : zero,
                    2 * row + 1 < columns
                        ? _mm512_maskz_loadu_epi16(mask, x + offsets[2 * row + 1] + 32 * half)
                        : zero,
                    place(to, row, half));
            }
        }
    }

  private:
    ESPALIER_AVX512_BF16_INLINE static std::byte* place(std::byte* to, int row, int half) {
        return to + half * 2 * SpanTask::kTileBytes + row * 64;
    }
    ESPALIER_AVX512_BF16_INLINE static void put(__m512i a, __m512i b, std::byte* to) {
        _mm512_store_si512(to, _mm512_unpacklo_epi16(a, b));
        _mm512_store_si512(to + SpanTask::kTileBytes, _mm512_unpackhi_epi16(a, b));
    }
};

}  // namespace espalier::kernels
