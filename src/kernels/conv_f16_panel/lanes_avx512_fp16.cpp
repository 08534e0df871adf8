// A panel by AVX-512 FP16: 32 products an instruction.
#include "kernels/conv_f16_panel/lane_task.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels/avx512_target.h"
#include "kernels/conv_finish_avx512.h"
#include "kernels/transpose_avx512.h"

namespace espalier::kernels {
namespace {

constexpr std::int64_t kHalf = 16;  // lanes of f32

/// 32 numbers of f16. Clang 14 has no type and no intrinsics for them in a file that is not compiled for
/// AVX-512 FP16 as a whole, which would compile the library's inline functions for it too.
using Halves = __m512i;

/// sum + w * x
ESPALIER_AVX512_FP16_INLINE void multiply_add(Halves w, const std::uint16_t* x, Halves& sum) {
    __asm__("vfmadd231ph %2, %1, %0" : "+v"(sum) : "v"(w), "m"(*reinterpret_cast<const Halves*>(x)));
}

ESPALIER_AVX512_FP16_INLINE Halves add(Halves a, Halves b) {
    Halves sum;
    __asm__("vaddph %2, %1, %0" : "=v"(sum) : "v"(a), "v"(b));
    return sum;
}

/// Rounds vectors of f32 to f16 and keeps the largest finite number it has met.
class Rounding {
  public:
    ESPALIER_AVX512_FP16 explicit Rounding(float scale)
        : scale_(_mm512_set1_ps(scale)), most_(_mm512_setzero_ps()) {}

    ESPALIER_AVX512_FP16_INLINE __m256i operator()(__m512 values) {
        const __m512 size = _mm512_abs_ps(values);
        const __mmask16 finite = _mm512_cmp_ps_mask(size, _mm512_set1_ps(3.4028234664e38F), _CMP_LE_OQ);
        most_ = _mm512_mask_max_ps(most_, finite, most_, size);
        return _mm512_cvtps_ph(_mm512_mul_ps(values, scale_), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    ESPALIER_AVX512_FP16_INLINE float most() const { return _mm512_reduce_max_ps(most_); }

  private:
    __m512 scale_, most_;
};

ESPALIER_AVX512_FP16_INLINE __mmask16 first_lanes(std::int64_t count) {
    return static_cast<__mmask16>(count >= kHalf ? 0xFFFF : count <= 0 ? 0 : (1U << count) - 1);
}

ESPALIER_AVX512_FP16_INLINE void store_half(std::uint16_t* to, __m256i half) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), half);
}

/// Columns [first, last) of images that are in place; returns their largest number. Nothing behind the image
/// is read.
ESPALIER_AVX512_FP16 float pack_planes(const LaneTask& task, std::int64_t first, std::int64_t last,
                                       float scale) {
    Rounding round(scale);
    std::uint16_t* to = task.packed;
    for (std::int64_t column = first; column < last; ++column) {
        const float* const from = task.input + task.offsets[column] + task.source;
        for (std::int64_t lane = 0; lane < task.width; lane += kHalf, to += kHalf) {
            const __mmask16 mask = first_lanes(task.count - lane);
            store_half(to, round(mask == 0 ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, from + lane)));
        }
    }
    return round.most();
}

/// Columns [first, last) of rows of channels, sixteen rows at a time.
ESPALIER_AVX512_FP16 float pack_rows(const LaneTask& task, std::int64_t first, std::int64_t last,
                                     float scale) {
    Rounding round(scale);
    for (std::int64_t column = first; column < last; column += kHalf) {
        const std::int64_t columns = last - column < kHalf ? last - column : kHalf;
        const __mmask16 mask = first_lanes(columns);
        for (std::int64_t lane = 0; lane < task.width; lane += kHalf) {
            __m512 r[kHalf];
            for (std::int64_t i = 0; i < kHalf; ++i) {
                r[i] = lane + i < task.count
                           ? _mm512_maskz_loadu_ps(mask, task.input + (lane + i) * task.input_pitch + column)
                           : _mm512_setzero_ps();
            }
            transpose_16x16(r);
            std::uint16_t* const to = task.packed + (column - first) * task.width + lane;
            for (std::int64_t i = 0; i < columns; ++i) store_half(to + i * task.width, round(r[i]));
        }
    }
    return round.most();
}

/// Columns [first, last) of prepared channels. What no position fills is multiplied too, and is zero.
ESPALIER_AVX512_FP16 void pack_prepared(const LaneTask& task, std::int64_t first, std::int64_t last) {
    const std::int64_t unfilled = task.count / kHalf * kHalf;
    std::uint16_t* to = task.packed;
    for (std::int64_t column = first; column < last; ++column, to += task.width) {
        const std::uint16_t* const from = task.prepared + task.offsets[column];
        for (std::int64_t lane = unfilled; lane < task.width; lane += kHalf)
            store_half(to + lane, _mm256_setzero_si256());
        for (std::int64_t i = 0; i < task.move_count; ++i) {
            const std::uint16_t* const source = from + task.moves[i].source;
            if (task.move_lanes == kHalf) {
                store_half(to + task.moves[i].lane,
                           _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source)));
            } else {
                _mm512_storeu_si512(to + task.moves[i].lane, _mm512_loadu_si512(source));
            }
        }
    }
}

/// Returns what the panel's numbers count.
float pack(const LaneTask& task, std::int64_t first, std::int64_t last) {
    if (!task.in_place) {
        pack_prepared(task, first, last);
        return task.worth;
    }
    const auto pack_in_place = task.rows ? pack_rows : pack_planes;
    const float scale = f16_scale(pack_in_place(task, first, last, 1));
    if (scale == 1) return 1;
    pack_in_place(task, first, last, scale);
    return 1 / scale;
}

/// What a weight contributes to the sums of one chain.
template <int kVectors>
ESPALIER_AVX512_FP16_INLINE void multiply_one(std::uint32_t value, std::uint16_t column,
                                              const std::uint16_t* x, Halves* sums) {
    const Halves w = _mm512_set1_epi32(static_cast<int>(value));
    const std::uint16_t* const lanes = x + column * (kVectors * LaneTask::kVector);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) multiply_add(w, lanes + v * LaneTask::kVector, sums[v]);
}

/// The products of a run of weights with `kVectors` vectors of lanes. An FMA takes 4 cycles and up to two
/// start each cycle, so sums are split into chains.
template <int kVectors>
ESPALIER_AVX512_FP16_INLINE void multiply(const std::uint32_t* values, const std::uint16_t* columns,
                                          std::int64_t count, const std::uint16_t* x, Halves* sums) {
    constexpr int kChains = kVectors <= 2 ? 4 : 2;
    static_assert(F16Rows::kRun / 2 <= 32, "conv_f16_panel.h states the error of chains so long");
    Halves acc[kChains][kVectors];
#pragma GCC unroll 4
    for (int chain = 0; chain < kChains; ++chain) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) acc[chain][v] = _mm512_setzero_si512();
    }
    std::int64_t i = 0;
    for (; i + kChains <= count; i += kChains) {
#pragma GCC unroll 4
        for (int chain = 0; chain < kChains; ++chain)
            multiply_one<kVectors>(values[i + chain], columns[i + chain], x, acc[chain]);
    }
    for (; i < count; ++i) multiply_one<kVectors>(values[i], columns[i], x, acc[0]);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
        sums[v] = add(acc[0][v], acc[1][v]);
        if constexpr (kChains == 4) sums[v] = add(sums[v], add(acc[2][v], acc[3][v]));
    }
}

/// sums += worth * run, in f32.
template <int kVectors>
ESPALIER_AVX512_FP16_INLINE void add_run(const Halves* run, __m512 worth, __m512* sums) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
        const __m512 low = _mm512_cvtph_ps(_mm512_castsi512_si256(run[v]));
        const __m512 high = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(run[v], 1));
        sums[2 * v] = _mm512_fmadd_ps(low, worth, sums[2 * v]);
        sums[2 * v + 1] = _mm512_fmadd_ps(high, worth, sums[2 * v + 1]);
    }
}

ESPALIER_AVX512_FP16_INLINE void store_finished(const LaneTask& task, std::int64_t at, __mmask16 mask,
                                                __m512 sum) {
    if (task.finish.residual != nullptr)
        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, task.finish.residual + at));
    _mm512_mask_storeu_ps(task.y + at, mask,
                          finished_avx512(task.finish.function, task.finish.low, task.finish.high, sum));
}

/// Where the weights of a panel are read on.
struct Cursor {
    const PackedRows::Group* group;
    const std::uint32_t* row;
    const std::uint16_t* columns;
    const std::uint32_t* values;
};

/// A row of a block with a panel: its sums begin with the bias, or go on.
template <int kVectors>
ESPALIER_AVX512_FP16_INLINE void run_row(const LaneTask& task, const Cursor& at, float worth, bool first,
                                         bool last) {
    const std::uint32_t row = *at.row;
    float* const kept = task.sums + row * (kVectors * LaneTask::kVector);
    __m512 sums[2 * kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < 2 * kVectors; ++v)
        sums[v] = first ? _mm512_set1_ps(task.weights->bias()[row]) : _mm512_loadu_ps(kept + v * kHalf);
    const __m512 counts = _mm512_set1_ps(worth * task.weights->worth()[row]);
    const std::int64_t count = at.group->nonzeros;
    for (std::int64_t start = 0; start < count; start += F16Rows::kRun) {
        const std::int64_t left = count - start;
        Halves run[kVectors];
        multiply<kVectors>(at.values + start, at.columns + start, left < F16Rows::kRun ? left : F16Rows::kRun,
                           task.packed, run);
        add_run<kVectors>(run, counts, sums);
    }
    if (last && !task.rows) {
#pragma GCC unroll 8
        for (int v = 0; v < 2 * kVectors; ++v) {
            const __mmask16 mask = first_lanes(task.count - v * kHalf);
            if (mask != 0) store_finished(task, row * task.pitch + v * kHalf, mask, sums[v]);
        }
    } else {
#pragma GCC unroll 8
        for (int v = 0; v < 2 * kVectors; ++v) _mm512_storeu_ps(kept + v * kHalf, sums[v]);
    }
}

/// Complete sums of rows of channels, sixteen outputs at sixteen positions at a time.
ESPALIER_AVX512_FP16 void finish_rows(const LaneTask& task) {
    const std::int64_t rows = task.weights->rows();
    for (std::int64_t row = 0; row < rows; row += kHalf) {
        const std::int64_t outputs = rows - row < kHalf ? rows - row : kHalf;
        const __mmask16 mask = first_lanes(outputs);
        for (std::int64_t lane = 0; lane < task.count; lane += kHalf) {
            __m512 r[kHalf];
            for (std::int64_t i = 0; i < kHalf; ++i) {
                r[i] = i < outputs ? _mm512_loadu_ps(task.sums + (row + i) * task.width + lane)
                                   : _mm512_setzero_ps();
            }
            transpose_16x16(r);
            for (std::int64_t i = 0; i < kHalf && lane + i < task.count; ++i)
                store_finished(task, (lane + i) * task.pitch + row, mask, r[i]);
        }
    }
}

template <int kVectors>
ESPALIER_AVX512_FP16 void run_width(const LaneTask& task) {
    const F16Rows& w = *task.weights;
    Cursor at{w.groups().data(), w.order(), w.column_indices(), w.values()};
    for (std::size_t b = 0; b < w.blocks().size(); ++b) {
        const bool last = b + 1 == w.blocks().size();
        const float worth =
            pack(task, w.blocks()[b].first_column, last ? w.columns() : w.blocks()[b + 1].first_column);
        for (std::uint32_t g = 0; g < w.blocks()[b].groups; ++g, ++at.group) {
            for (std::uint32_t i = 0; i < at.group->rows; ++i, ++at.row) {
                run_row<kVectors>(task, at, worth, b == 0, last);
                at.values += at.group->nonzeros;
                at.columns += at.group->nonzeros;
            }
        }
    }
    if (task.rows) finish_rows(task);
}

}  // namespace

ESPALIER_AVX512_FP16 float round_avx512_fp16(const float* from, std::int64_t count, float scale,
                                             std::uint16_t* to) {
    Rounding round(scale);
    for (std::int64_t i = 0; i < count; i += kHalf) {
        const __mmask16 mask = first_lanes(count - i);
        _mm256_mask_storeu_epi16(to + i, mask, round(_mm512_maskz_loadu_ps(mask, from + i)));
    }
    return round.most();
}

void run_lanes_avx512_fp16(const LaneTask& task) {
    switch (task.width / LaneTask::kVector) {
        case 1:
            return run_width<1>(task);
        case 2:
            return run_width<2>(task);
        case 3:
            return run_width<3>(task);
        default:
            return run_width<4>(task);
    }
}

}  // namespace espalier::kernels

#else

namespace espalier::kernels {
void run_lanes_avx512_fp16(const LaneTask&) {}
float round_avx512_fp16(const float*, std::int64_t, float, std::uint16_t*) { return 0; }
}  // namespace espalier::kernels

#endif
