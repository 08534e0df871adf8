// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "base/highway_targets.h"
#include "kernels/conv_dense_lanes_f32/conv_dense_lanes_f32.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_dense_lanes_f32/column_weight_gradient.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_dense_lanes_f32/column_packing-inl.h"
#include "kernels/conv_dense_lanes_f32/column_task.h"
#include "kernels/parallel.h"
#include "kernels/thread_scratch.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

std::int64_t lanes() { return kLaneFloats; }

void add_vectors(const ColumnGradientTask& task, std::int64_t first, std::int64_t count) {
    constexpr std::int64_t kBlock = 16;  // outputs whose rows stay in the first cache
    const LaneD d;
    const LaneColumns& columns = task.vectors.columns();
    const auto taps = static_cast<std::int64_t>(columns.taps().size());
    const std::int64_t pitch = task.at_once * kLaneFloats;
    LaneVectors::Vector vectors[LaneVectors::kMost];
    for (std::int64_t v = 0; v < count; ++v) vectors[v] = task.vectors[first + v];
    const LaneRows packed{.at = task.scratch, .row = pitch, .four = kLaneFour};
    pack_columns(columns, vectors, count, task.x, packed);
    const LaneRows out{.at = task.scratch + fours(taps) * pitch, .row = pitch, .four = kLaneFour};
    for (std::int64_t k = 0; k < task.outputs; ++k) {
        const float* from = task.dy + k * columns.written().plane();
        for (std::int64_t v = 0; v < count; ++v)
            hn::StoreU(load_some(d, vectors[v].lanes, from + vectors[v].to), d, out.of(k, v));
    }
    const std::int64_t outputs = fours(task.outputs);
    for (std::int64_t block = 0; block < outputs; block += kBlock) {
        for (std::int64_t tap = 0; tap < taps; tap += 4) {
            for (std::int64_t k = block; k < std::min(block + kBlock, outputs); k += kLaneRows)
                add_row_products(out.of(k, 0), packed.of(tap, 0), pitch, count,
                                 task.sums + k * fours(taps) + tap, fours(taps));
        }
    }
}

void add_gradient(const ColumnGradientTask& task) {
    for (std::int64_t first = task.first; first < task.last; first += task.at_once)
        add_vectors(task, first, std::min(task.at_once, task.last - first));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(add_gradient);
HWY_EXPORT(lanes);

}  // namespace

void conv_dense_lanes_weight_gradient_f32(const ConvShape& shape, std::int64_t batch, const float* x,
                                          const float* dy, float* dw, int threads) {
    constexpr std::int64_t kFloats = 256;  // of a row of products: two dozen of sums are then little
    const auto run = HWY_DYNAMIC_DISPATCH(add_gradient);
    const std::int64_t vector = HWY_DYNAMIC_DISPATCH(lanes)();
    const LaneColumns columns = LaneColumns::forward(shape, batch);
    const LaneVectors vectors(columns, vector);
    const std::int64_t at_once = std::min(LaneVectors::kMost, kFloats / vector);
    const std::int64_t taps = fours(shape.columns());
    const OutputParts parts(shape.outputs, taps);
    const std::int64_t floats = parts.outputs * taps;
    std::vector<float> sums(static_cast<std::size_t>(parts.units() * floats), 0.0F);
    ThreadScratch scratch(threads, (taps + parts.outputs) * at_once * vector);
    for_each_item(parts.units(), threads, [&](std::int64_t unit, int thread) {
        const std::int64_t run_index = unit % parts.runs;
        const std::int64_t output = unit / parts.runs * parts.outputs;
        run({.vectors = vectors,
             .first = vectors.count() * run_index / parts.runs,
             .last = vectors.count() * (run_index + 1) / parts.runs,
             .at_once = at_once,
             .outputs = std::min(parts.outputs, shape.outputs - output),
             .x = x,
             .dy = dy + output * columns.written().plane(),
             .sums = sums.data() + unit * floats,
             .scratch = scratch.of(thread)});
    });
    for_each_item(shape.outputs, threads, [&](std::int64_t k, int) {
        const std::int64_t first = k / parts.outputs * parts.runs * floats + k % parts.outputs * taps;
        float* to = dw + k * shape.columns();
        std::copy_n(sums.data() + first, shape.columns(), to);
        for (std::int64_t r = 1; r < parts.runs; ++r) {
            const float* from = sums.data() + first + r * floats;
            for (std::int64_t i = 0; i < shape.columns(); ++i) to[i] += from[i];
        }
    });
}

}  // namespace espalier::kernels
#endif
