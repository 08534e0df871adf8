// Images of bytes, channels last, to planes of quads.
#include "kernels/conv_i8_quads/quad_task.h"

#if defined(__x86_64__)

#include "kernels/avx512_target.h"
#include "kernels/transpose_avx512.h"

namespace espalier::kernels {
namespace {

/// 16 quads of up to 16 pixels that are `pitch` bytes apart, to 16 planes.
ESPALIER_AVX512 void turn(const std::uint8_t* pixels, std::int64_t pitch, std::int64_t count,
                          std::int64_t channels, std::uint8_t flip, std::uint8_t* to, std::int64_t plane) {
    const auto bytes = static_cast<__mmask64>(first_bits(channels));
    const __m512i over = _mm512_set1_epi8(static_cast<char>(flip));
    __m512 r[16];
    for (int i = 0; i < 16; ++i) {
        r[i] = _mm512_setzero_ps();
        if (i >= count) continue;
        const __m512i pixel = _mm512_maskz_loadu_epi8(bytes, pixels + i * pitch);
        r[i] = _mm512_castsi512_ps(_mm512_xor_si512(pixel, over));
    }
    transpose_16x16(r);
    const auto mask = static_cast<__mmask16>((1U << count) - 1);
    const std::int64_t quads = channels >= 64 ? 16 : (channels + 3) / 4;
    for (std::int64_t q = 0; q < quads; ++q)
        _mm512_mask_storeu_epi32(to + q * plane, mask, _mm512_castps_si512(r[q]));
}

}  // namespace

void fill_quads(const ConvPlanes& form, const std::uint8_t* pixels, std::int64_t pitch, std::int64_t first,
                std::int64_t channels, std::uint8_t flip, std::uint8_t* planes) {
    const std::int64_t count = form.row_pixels(), stride = form.row_stride();
    for (const ConvPlanes::Row& row : form.rows()) {
        for (std::int64_t phase = 0; phase < stride && phase < count; ++phase) {
            const std::int64_t of_phase = (count - phase + stride - 1) / stride;
            for (std::int64_t i = 0; i < of_phase; i += 16) {
                const std::int64_t left = of_phase - i < 16 ? of_phase - i : 16;
                std::uint8_t* const to =
                    planes + (first / 4 * form.channel() + row.place + phase * form.plane() + i) * 4;
                turn(pixels + (row.pixel + phase + i * stride) * pitch + first, stride * pitch, left,
                     channels - first, flip, to, form.channel() * 4);
            }
        }
    }
}

}  // namespace espalier::kernels

#else

namespace espalier::kernels {
void fill_quads(const ConvPlanes&, const std::uint8_t*, std::int64_t, std::int64_t, std::int64_t,
                std::uint8_t, std::uint8_t*) {}
}  // namespace espalier::kernels

#endif
