// A table of 256 bytes lies in four registers, of which an instruction looks up 64 bytes in two (AVX-512
// VBMI); elsewhere bytes are looked up one by one.
#include "kernels/cpu_features.h"
#include "kernels/elementwise_i8/elementwise_i8.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/avx512_target.h"
#endif

namespace espalier::kernels {
namespace {

#if defined(__x86_64__)

/// Of whole vectors; how many bytes these are.
ESPALIER_AVX512_VBMI std::int64_t map_vectors(const std::uint8_t* x, std::int64_t count,
                                              const ByteTable& table, std::uint8_t* y) {
    __m512i part[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) part[i] = _mm512_loadu_si512(table.data() + 64 * i);
    std::int64_t at = 0;
    for (; at + 64 <= count; at += 64) {
        const __m512i bytes = _mm512_loadu_si512(x + at);
        const __m512i low = _mm512_permutex2var_epi8(part[0], bytes, part[1]);
        const __m512i high = _mm512_permutex2var_epi8(part[2], bytes, part[3]);
        _mm512_storeu_si512(y + at, _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high));
    }
    return at;
}

#endif

}  // namespace

void map_bytes(const std::uint8_t* x, std::int64_t count, const ByteTable& table, std::uint8_t* y) noexcept {
    std::int64_t at = 0;
#if defined(__x86_64__)
    if (has_avx512_vbmi()) at = map_vectors(x, count, table, y);
#endif
    for (; at < count; ++at) y[at] = table[x[at]];
}

}  // namespace espalier::kernels
