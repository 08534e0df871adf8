// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include <algorithm>
#include <vector>

#include "base/highway_targets.h"
#include "kernels/conv_winograd_f32/conv_winograd_f32.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_winograd_f32/winograd_weight_gradient.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_winograd_f32/winograd_filters.h"
#include "kernels/conv_winograd_f32/winograd_patches-inl.h"
#include "kernels/conv_winograd_f32/winograd_task.h"
#include "kernels/parallel.h"
#include "kernels/thread_scratch.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

/// A dy A'.
template <bool kWhole>
HWY_INLINE void transform_written(const Patch& patch, const Pixels<const float>& dy, std::int64_t ahead,
                                  float* HWY_RESTRICT to, std::int64_t position) {
    const LaneD d;
    const LaneV zero = hn::Zero(d);
    LaneV rows[4][2];
    HWY_UNROLL(2)
    for (std::int32_t s = 0; s < 2; ++s) {
        const LaneV first = load_pixel<kWhole>(dy, patch, 0, s);
        const LaneV second = load_pixel<kWhole>(dy, patch, 1, s);
        rows[0][s] = first;
        rows[1][s] = hn::Add(first, second);
        rows[2][s] = hn::Sub(first, second);
        rows[3][s] = hn::Sub(zero, second);
        __builtin_prefetch(dy.at(patch, 0, s) + ahead, 0, 2);
        __builtin_prefetch(dy.at(patch, 1, s) + ahead, 0, 2);
    }
    HWY_UNROLL(4)
    for (std::int64_t r = 0; r < 4; ++r, to += 4 * position) {
        hn::StoreU(rows[r][0], d, to);
        hn::StoreU(hn::Add(rows[r][0], rows[r][1]), d, to + position);
        hn::StoreU(hn::Sub(rows[r][0], rows[r][1]), d, to + 2 * position);
        hn::StoreU(hn::Sub(zero, rows[r][1]), d, to + 3 * position);
    }
}

/// A dy A' of the task's outputs of `count` tiles.
void transform_all_written(const WinogradGradientTask& task, std::int64_t first, std::int64_t count,
                           const TransformedTiles& to) {
    const LaneImages& images = task.tiles.written();
    Patch patches[WinogradTiles::kMost];
    for (std::int64_t t = 0; t < count; ++t) patches[t] = task.tiles.written_by(first + t);
    Pixels<const float> dy{task.dy, images.row(), images.batch};
    for (std::int64_t k = 0; k < task.outputs; ++k, dy.channel += images.plane()) {
        for (std::int64_t t = 0; t < count; ++t) {
            (patches[t].whole
                 ? transform_written<true>
                 : transform_written<false>)(patches[t], dy, images.plane(), to.rows.of(k, t), to.position);
        }
    }
}

void add_tiles(const WinogradGradientTask& task, std::int64_t first, std::int64_t count) {
    constexpr std::int64_t kBlock = 16;  // outputs whose rows stay in the first cache
    const std::int64_t channels = fours(task.tiles.read().channels);
    const std::int64_t outputs = fours(task.outputs);
    const std::int64_t pitch = task.at_once * kLaneFloats;
    const std::int64_t position = position_pitch(channels, task.at_once, kLaneFloats);
    const TransformedTiles v{{task.scratch, pitch, kLaneFour}, position};
    const TransformedTiles w{{task.scratch + kPositions * position, pitch, kLaneFour},
                             position_pitch(outputs, task.at_once, kLaneFloats)};
    transform_all_read(task.tiles, first, count, task.x, v);
    transform_all_written(task, first, count, w);
    for (std::int64_t p = 0; p < kPositions; ++p) {
        float* sums = task.sums + p * outputs * channels;
        const float* rows = w.rows.at + p * w.position;
        const float* columns = v.rows.at + p * v.position;
        for (std::int64_t block = 0; block < outputs; block += kBlock) {
            for (std::int64_t c = 0; c < channels; c += 4) {
                for (std::int64_t k = block; k < std::min(block + kBlock, outputs); k += kLaneRows)
                    add_row_products(rows + k * pitch, columns + c * pitch, pitch, count,
                                     sums + k * channels + c, channels);
            }
        }
    }
}

void add_gradient(const WinogradGradientTask& task) {
    for (std::int64_t first = task.first; first < task.last; first += task.at_once)
        add_tiles(task, first, std::min(task.at_once, task.last - first));
}

std::int64_t lanes() { return kLaneFloats; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(add_gradient);
HWY_EXPORT(lanes);

void add(const float* from, std::int64_t count, float* to) {
    for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
}

}  // namespace

void conv_winograd_weight_gradient_f32(const ConvShape& shape, std::int64_t batch, const float* x,
                                       const float* dy, float* dw, int threads) {
    constexpr std::int64_t kFloats = 256;  // of a row of products: two dozen of sums are then little
    const auto run = HWY_DYNAMIC_DISPATCH(add_gradient);
    const std::int64_t vector = HWY_DYNAMIC_DISPATCH(lanes)();
    const WinogradTiles tiles = winograd_tiles(shape, batch);
    const OutputParts division(shape.outputs, kPositions * fours(shape.channels));
    const std::int64_t at_once = std::min(WinogradTiles::kMost, kFloats / vector);
    const std::int64_t channels = fours(shape.channels);
    const std::int64_t floats = kPositions * division.outputs * channels;
    std::vector<float> sums(static_cast<std::size_t>(division.units() * floats), 0.0F);
    const auto outputs_of = [&](std::int64_t part) {
        return std::min(division.outputs, shape.outputs - part * division.outputs);
    };
    // Rows that fill up fours are multiplied too, and what they give is not read.
    ThreadScratch scratch(threads, kPositions * (position_pitch(channels, at_once, vector) +
                                                 position_pitch(division.outputs, at_once, vector)));
    for_each_item(division.units(), threads, [&](std::int64_t unit, int thread) {
        const std::int64_t part = unit / division.runs;
        const std::int64_t of_runs = unit % division.runs;
        run({.tiles = tiles,
             .first = tiles.count() * of_runs / division.runs,
             .last = tiles.count() * (of_runs + 1) / division.runs,
             .at_once = at_once,
             .outputs = outputs_of(part),
             .x = x,
             .dy = dy + part * division.outputs * tiles.written().plane(),
             .sums = sums.data() + unit * floats,
             .scratch = scratch.of(thread)});
    });
    for_each_item(division.parts, threads, [&](std::int64_t part, int) {
        float* first = sums.data() + part * division.runs * floats;
        for (std::int64_t r = 1; r < division.runs; ++r) add(first + r * floats, floats, first);
        filters_of_sums(first, outputs_of(part), shape.channels,
                        dw + part * division.outputs * shape.channels * 9);
    });
}

}  // namespace espalier::kernels
#endif
