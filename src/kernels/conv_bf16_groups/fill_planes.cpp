// Images of f32 or bf16 to planes of bf16.
#include <cstring>

#include "kernels/conv_bf16_groups/span_task.h"

#if defined(__x86_64__)

#include "kernels/transpose_avx512.h"

namespace espalier::kernels {
namespace {

ESPALIER_AVX512_BF16_INLINE std::uint16_t rounded(float value) {
    const __m128bh half = _mm_cvtneps_pbh(_mm_set_ss(value));
    return static_cast<std::uint16_t>(_mm_cvtsi128_si32(reinterpret_cast<__m128i>(half)));
}

/// A row of `count` numbers as they lie.
ESPALIER_AVX512_BF16 void copy_row(const float* from, std::int64_t count, std::uint16_t* to) {
    for (std::int64_t i = 0; i < count; i += 16) {
        const std::int64_t left = count - i;
        const auto mask = static_cast<__mmask16>(left >= 16 ? 0xFFFF : (1 << left) - 1);
        const __m512 values = _mm512_maskz_loadu_ps(mask, from + i);
        _mm256_mask_storeu_epi16(to + i, mask, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values)));
    }
}

ESPALIER_AVX512_BF16 void fill(const ConvPlanes& form, const float* pixels, std::uint16_t* planes) {
    const std::int64_t count = form.row_pixels(), stride = form.row_stride();
    for (const ConvPlanes::Row& row : form.rows()) {
        if (stride == 1) {
            copy_row(pixels + row.pixel, count, planes + row.place);
            continue;
        }
        for (std::int64_t i = 0; i < count; ++i)
            planes[row.place + i % stride * form.plane() + i / stride] = rounded(pixels[row.pixel + i]);
    }
}

void fill(const ConvPlanes& form, const std::uint16_t* pixels, std::uint16_t* planes) {
    const std::int64_t count = form.row_pixels(), stride = form.row_stride();
    for (const ConvPlanes::Row& row : form.rows()) {
        if (stride == 1) {
            std::memcpy(planes + row.place, pixels + row.pixel, static_cast<std::size_t>(count) * 2);
            continue;
        }
        for (std::int64_t i = 0; i < count; ++i)
            planes[row.place + i % stride * form.plane() + i / stride] = pixels[row.pixel + i];
    }
}

/// Sixteen channels at up to sixteen pixels that are `pitch` apart.
template <class T>
ESPALIER_AVX512_BF16_INLINE void load_pixels(const T* from, std::int64_t pitch, std::int64_t pixels,
                                             __mmask16 channels, __m512* r) {
    for (std::int64_t i = 0; i < 16; ++i) {
        if (i >= pixels) {
            r[i] = _mm512_setzero_ps();
        } else if constexpr (sizeof(T) == sizeof(float)) {
            r[i] = _mm512_maskz_loadu_ps(channels, from + i * pitch);
        } else {
            const __m256i half = _mm256_maskz_loadu_epi16(channels, from + i * pitch);
            r[i] = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
        }
    }
}

template <class T>
ESPALIER_AVX512_BF16 void fill_rows(const ConvPlanes& form, const T* pixels, std::int64_t pitch,
                                    std::int64_t first, std::int64_t channels, std::uint16_t* planes) {
    const std::int64_t count = form.row_pixels(), stride = form.row_stride();
    const std::int64_t here = channels - first < 16 ? channels - first : 16;
    const auto mask = static_cast<__mmask16>((1U << here) - 1);
    for (const ConvPlanes::Row& row : form.rows()) {
        for (std::int64_t phase = 0; phase < stride && phase < count; ++phase) {
            const std::int64_t of_phase = (count - phase + stride - 1) / stride;
            for (std::int64_t i = 0; i < of_phase; i += 16) {
                const std::int64_t left = of_phase - i < 16 ? of_phase - i : 16;
                __m512 r[16];
                load_pixels(pixels + (row.pixel + phase + i * stride) * pitch + first, stride * pitch, left,
                            mask, r);
                transpose_16x16(r);
                const auto lanes = static_cast<__mmask16>((1U << left) - 1);
                std::uint16_t* const to = planes + row.place + phase * form.plane() + i;
                for (std::int64_t c = 0; c < here; ++c) {
                    _mm256_mask_storeu_epi16(to + (first + c) * form.channel(), lanes,
                                             reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(r[c])));
                }
            }
        }
    }
}

}  // namespace

void fill_planes(const ConvPlanes& form, const void* pixels, bool bf16, std::uint16_t* planes) {
    bf16 ? fill(form, static_cast<const std::uint16_t*>(pixels), planes)
         : fill(form, static_cast<const float*>(pixels), planes);
}

void fill_planes_from_rows(const ConvPlanes& form, const void* pixels, bool bf16, std::int64_t pitch,
                           std::int64_t first, std::int64_t channels, std::uint16_t* planes) {
    bf16 ? fill_rows(form, static_cast<const std::uint16_t*>(pixels), pitch, first, channels, planes)
         : fill_rows(form, static_cast<const float*>(pixels), pitch, first, channels, planes);
}

}  // namespace espalier::kernels

#else

namespace espalier::kernels {
void fill_planes(const ConvPlanes&, const void*, bool, std::uint16_t*) {}
void fill_planes_from_rows(const ConvPlanes&, const void*, bool, std::int64_t, std::int64_t, std::int64_t,
                           std::uint16_t*) {}
}  // namespace espalier::kernels

#endif
