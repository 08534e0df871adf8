// Spans by products of quads (vpdpbusd): the sums of 4 or 8 rows at 64 positions stay in registers, or of 8
// at 32 and again 32; what a quad of weights meets is read from the planes where it lies.
#include "kernels/conv_i8_quads/quad_task.h"

#if defined(__x86_64__)

#include <cstring>

#include "kernels/conv_i8_quads/finish_avx512.h"

namespace espalier::kernels {
namespace {

constexpr std::int64_t kSpan = 64;

/// `kUnit` rows at `kVectors` times 16 positions, of sums that are kSpan apart.
template <int kUnit, int kVectors>
ESPALIER_AVX512_VNNI void multiply(const std::int8_t* w, const std::int32_t* offsets, std::int64_t quads,
                                   const std::uint8_t* x, std::int32_t* sums) {
    __m512i acc[kUnit][kVectors];
#pragma GCC unroll 8
    for (int row = 0; row < kUnit; ++row) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) acc[row][v] = _mm512_setzero_si512();
    }
    for (std::int64_t q = 0; q < quads; ++q, w += kUnit * 4) {
        __m512i bytes[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) bytes[v] = _mm512_loadu_si512(x + offsets[q] + 64 * v);
#pragma GCC unroll 8
        for (int row = 0; row < kUnit; ++row) {
            std::int32_t quad;
            std::memcpy(&quad, w + row * 4, sizeof(quad));
            const __m512i both = _mm512_set1_epi32(quad);
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) acc[row][v] = _mm512_dpbusd_epi32(acc[row][v], bytes[v], both);
        }
    }
#pragma GCC unroll 8
    for (int row = 0; row < kUnit; ++row) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) _mm512_store_si512(sums + row * kSpan + 16 * v, acc[row][v]);
    }
}

ESPALIER_AVX512_VNNI void multiply_unit(const QuadTask& task, const ByteQuads::Group& group,
                                        const std::uint8_t* x, std::int32_t* sums) {
    const std::int8_t* const w = task.weights->values() + group.first_value;
    const std::int32_t* const offsets = task.offsets + group.first_quad;
    if (task.weights->unit() == 4) return multiply<4, 4>(w, offsets, group.quads, x, sums);
    multiply<8, 2>(w, offsets, group.quads, x, sums);
    multiply<8, 2>(w, offsets, group.quads, x + kSpan / 2 * 4, sums + kSpan / 2);
}

}  // namespace

ESPALIER_AVX512_VNNI void run_quads_vnni(const QuadTask& task) {
    const QuadFinish finish(task);
    const std::int64_t unit = task.weights->unit();
    for (std::int64_t span = task.first; span < task.last; ++span) {
        const std::uint8_t* const x = task.x + span * kSpan * 4;
        std::int64_t output = 0;
        for (const ByteQuads::Group& group : task.weights->groups()) {
            multiply_unit(task, group, x, task.sums + output % QuadTask::kRows * kSpan);
            output += unit;
            if (output % QuadTask::kRows != 0 && output < task.weights->rows()) continue;
            const std::int64_t first = (output - 1) / QuadTask::kRows * QuadTask::kRows;
            for (std::int64_t v = 0; v < 4; ++v) finish.run(task.sums + 16 * v, kSpan, first, span * 4 + v);
        }
    }
}

}  // namespace espalier::kernels

#else

namespace espalier::kernels {
void run_quads_vnni(const QuadTask&) {}
}  // namespace espalier::kernels

#endif
