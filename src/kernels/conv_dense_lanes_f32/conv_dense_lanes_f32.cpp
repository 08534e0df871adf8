// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/conv_dense_lanes_f32/conv_dense_lanes_f32.h"

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_dense_lanes_f32/conv_dense_lanes_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_dense_lanes_f32/column_packing-inl.h"
#include "kernels/conv_dense_lanes_f32/column_task.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/past_caches.h"
#include "kernels/thread_scratch.h"
#include "kernels/vectors/past_caches-inl.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

std::int64_t lanes() { return kLaneFloats; }

/// The products of up to four vectors, whose columns lie at `x`.
void finish_four(const ColumnTask& task, const float* x, const LaneVectors::Vector* vectors,
                 std::int64_t count) {
    const LaneD d;
    const LaneImages& written = task.vectors.columns().written();
    const auto columns = static_cast<std::int64_t>(task.vectors.columns().taps().size());
    HWY_ALIGN float sums[4 * kLaneFour];
    const float* filters = task.filters;
    for (std::int64_t k = 0; k < written.channels; k += 4, filters += 4 * columns) {
        for (std::int64_t r = 0; r < 4; r += kLaneRows)
            multiply_four(filters + r, x, columns, sums + r * kLaneFour);
        for (std::int64_t r = 0; r < std::min<std::int64_t>(4, written.channels - k); ++r) {
            const LaneV bias = hn::Set(d, task.bias == nullptr ? 0.0F : task.bias[k + r]);
            float* to = task.to + (k + r) * written.plane();
            for (std::int64_t v = 0; v < count; ++v) {
                const LaneV sum = hn::LoadU(d, sums + r * kLaneFour + v * kLaneFloats);
                write_some(hn::Add(sum, bias), d, vectors[v].lanes, to + vectors[v].to, task.past);
            }
        }
    }
}

void run_vectors(const ColumnTask& task) {
    const LaneColumns& columns = task.vectors.columns();
    const auto count = static_cast<std::int64_t>(columns.taps().size());
    LaneVectors::Vector vectors[LaneVectors::kMost];
    for (std::int64_t v = 0; v < task.count; ++v) vectors[v] = task.vectors[task.first + v];
    const LaneRows packed{.at = task.scratch, .row = kLaneFour, .four = count * kLaneFour};
    pack_columns(columns, vectors, task.count, task.from, packed);
    for (std::int64_t v = 0; v < task.count; v += 4)
        finish_four(task, packed.of(0, v), vectors + v, std::min<std::int64_t>(4, task.count - v));
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_vectors);
HWY_EXPORT(lanes);
HWY_EXPORT(target_name);

void convolve(const LaneColumns& columns, const float* w, const float* bias, const float* from, float* to,
              int threads) {
    constexpr std::int64_t kRows = 4096;  // packed vectors of a unit of work: 256 KB of AVX-512
    const auto run = HWY_DYNAMIC_DISPATCH(run_vectors);
    const std::int64_t lanes = HWY_DYNAMIC_DISPATCH(lanes)();
    const auto count = static_cast<std::int64_t>(columns.taps().size());
    const LaneVectors vectors(columns, lanes);
    const std::int64_t at_once =
        std::clamp<std::int64_t>(kRows / std::max<std::int64_t>(count, 1) / 4 * 4, 4, LaneVectors::kMost);
    const LaneImages& written = columns.written();
    const bool past = goes_past_caches(to, written.channels * written.plane(), written.batch);
    const std::vector<float> filters = columns.filters(w);
    ThreadScratch scratch(threads, count * at_once * lanes);
    for_each_item((vectors.count() + at_once - 1) / at_once, threads, [&](std::int64_t unit, int thread) {
        const std::int64_t first = unit * at_once;
        run({.vectors = vectors,
             .first = first,
             .count = std::min(at_once, vectors.count() - first),
             .filters = filters.data(),
             .bias = bias,
             .from = from,
             .to = to,
             .past = past,
             .scratch = scratch.of(thread)});
    });
}

}  // namespace

void conv_dense_lanes_f32(const ConvShape& shape, std::int64_t batch, const float* w, const float* bias,
                          const float* x, float* y, int threads) {
    convolve(LaneColumns::forward(shape, batch), w, bias, x, y, threads);
}

void conv_dense_lanes_input_gradient_f32(const ConvShape& shape, std::int64_t batch, const float* w,
                                         const float* dy, float* dx, int threads) {
    for (const LaneColumns& phase : LaneColumns::backward(shape, batch))
        convolve(phase, w, nullptr, dy, dx, threads);
}

std::string conv_dense_lanes_f32_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
