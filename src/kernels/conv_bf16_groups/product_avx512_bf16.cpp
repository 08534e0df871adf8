// Spans by dot products of pairs (vdpbf16ps): all that a unit's columns read is gathered, then the sums of
// some outputs at all positions of the span stay in registers.
#include "kernels/conv_bf16_groups/span_task.h"

#if defined(__x86_64__)

#include <cstring>

#include "kernels/conv_bf16_groups/finish_avx512.h"
#include "kernels/conv_bf16_groups/gather_avx512.h"

namespace espalier::kernels {
namespace {

template <int kHalves>
ESPALIER_AVX512_BF16 void gather(const SpanTask& task, const GroupTiles::Group& group, std::int64_t span) {
    const std::int64_t position = span * 32 * kHalves;
    const std::int64_t left = task.masked ? task.planes->positions() - position : 32 * kHalves;
    for (std::int64_t chunk = 0; chunk < group.chunks; ++chunk) {
        const std::int32_t* const offsets = task.offsets + group.first_column + chunk * GroupTiles::kChunk;
        const std::int64_t columns = group.columns - chunk * GroupTiles::kChunk;
        std::byte* const to = task.gathered + chunk * SpanGather<kHalves>::kBytes;
        if (columns >= GroupTiles::kChunk && left >= 32 * kHalves) {
            SpanGather<kHalves>::full(offsets, task.x + position, to);
        } else {
            SpanGather<kHalves>::part(offsets, columns, left, task.x + position, to);
        }
    }
}

/// Sums of 16 / kHalves / 2 rows of a tile: 16 accumulators.
template <int kHalves>
ESPALIER_AVX512_BF16 void multiply(const std::uint16_t* a, std::int64_t chunk_values, std::int64_t chunks,
                                   const std::byte* gathered, float* sums) {
    constexpr int kRows = 8 / kHalves, kVectors = 2 * kHalves;
    __m512 acc[kRows][kVectors];
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) acc[row][v] = _mm512_setzero_ps();
    }
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk, a += chunk_values) {
        const std::byte* b = gathered + chunk * SpanGather<kHalves>::kBytes;
        for (int pair = 0; pair < 16; ++pair, b += 64) {
            __m512bh x[kVectors];
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v)
                x[v] = reinterpret_cast<__m512bh>(_mm512_load_si512(b + v * SpanTask::kTileBytes));
#pragma GCC unroll 8
            for (int row = 0; row < kRows; ++row) {
                std::int32_t both;
                std::memcpy(&both, a + row * GroupTiles::kChunk + 2 * pair, sizeof(both));
                const auto w = reinterpret_cast<__m512bh>(_mm512_set1_epi32(both));
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) acc[row][v] = _mm512_dpbf16_ps(acc[row][v], w, x[v]);
            }
        }
    }
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) _mm512_store_ps(sums + (row * kVectors + v) * 16, acc[row][v]);
    }
}

template <int kHalves>
ESPALIER_AVX512_BF16 void run(const SpanTask& task) {
    constexpr std::int64_t kUnit = kHalves == 1 ? 32 : 16, kRows = 8 / kHalves;
    for (std::int64_t span = task.first; span < task.last; ++span) {
        std::int64_t output = 0;
        for (const GroupTiles::Group& group : task.weights->groups()) {
            gather<kHalves>(task, group, span);
            const std::uint16_t* const a =
                task.weights->values() + group.first_chunk * kUnit * GroupTiles::kChunk;
            for (std::int64_t row = 0; row < kUnit; row += kRows) {
                multiply<kHalves>(a + row * GroupTiles::kChunk, kUnit * GroupTiles::kChunk, group.chunks,
                                  task.gathered, task.sums + row * 32 * kHalves);
            }
            const std::int64_t left = task.weights->rows() - output;
            for (int half = 0; half < kHalves; ++half) {
                const SpanFinish one(task, output, span * kHalves + half);
                one.run(task.sums + 32 * half, 32 * kHalves, left < kUnit ? left : kUnit);
            }
            output += kUnit;
        }
    }
}

}  // namespace

void run_spans_avx512_bf16(const SpanTask& task) { task.weights->unit() == 32 ? run<1>(task) : run<2>(task); }

}  // namespace espalier::kernels

#else

namespace espalier::kernels {
void run_spans_avx512_bf16(const SpanTask&) {}
}  // namespace espalier::kernels

#endif
