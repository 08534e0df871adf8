// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/conv_winograd_f32/conv_winograd_f32.h"

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_winograd_f32/conv_winograd_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_winograd_f32/winograd_filters.h"
#include "kernels/conv_winograd_f32/winograd_patches-inl.h"
#include "kernels/conv_winograd_f32/winograd_task.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"
#include "kernels/past_caches.h"
#include "kernels/thread_scratch.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

constexpr std::int64_t kSums = 4 * kLaneFour;  // of a position: four outputs of four tiles

std::int64_t lanes() { return kLaneFloats; }

/// A' m A of one output of one tile, plus its bias.
template <bool kWhole>
HWY_INLINE void write_output(const Patch& patch, const Pixels<float>& y, const float* HWY_RESTRICT m,
                             float bias, bool past) {
    const LaneD d;
    LaneV rows[2][4];
    HWY_UNROLL(4)
    for (std::int64_t s = 0; s < 4; ++s) {
        const LaneV m1 = hn::LoadU(d, m + (4 + s) * kSums);
        const LaneV m2 = hn::LoadU(d, m + (8 + s) * kSums);
        rows[0][s] = hn::Add(hn::Add(hn::LoadU(d, m + s * kSums), m1), m2);
        rows[1][s] = hn::Sub(hn::Sub(m1, m2), hn::LoadU(d, m + (12 + s) * kSums));
    }
    const LaneV b = hn::Set(d, bias);
    HWY_UNROLL(2)
    for (std::int32_t r = 0; r < 2; ++r) {
        const LaneV* row = rows[r];
        store_pixel<kWhole>(hn::Add(hn::Add(hn::Add(row[0], row[1]), row[2]), b), y, patch, r, 0, past);
        store_pixel<kWhole>(hn::Add(hn::Sub(hn::Sub(row[1], row[2]), row[3]), b), y, patch, r, 1, past);
    }
}

/// Products and outputs of up to four tiles, whose transforms `v` holds.
void finish_four(const WinogradConvTask& task, const TransformedTiles& v, const Patch* patches,
                 std::int64_t count, float* HWY_RESTRICT m) {
    const std::int64_t channels = task.tiles.read().channels;
    const LaneImages& written = task.tiles.written();
    const float* filters = task.filters;
    for (std::int64_t k = 0; k < written.channels; k += 4) {
        for (std::int64_t p = 0; p < kPositions; ++p, filters += 4 * channels) {
            for (std::int64_t r = 0; r < 4; r += kLaneRows)
                multiply_four(filters + r, v.rows.at + p * v.position, channels,
                              m + p * kSums + r * kLaneFour);
        }
        for (std::int64_t r = 0; r < std::min<std::int64_t>(4, written.channels - k); ++r) {
            const float bias = task.bias == nullptr ? 0.0F : task.bias[k + r];
            const Pixels<float> y{task.to + (k + r) * written.plane(), written.row(), written.batch};
            for (std::int64_t t = 0; t < count; ++t) {
                (patches[t].whole ? write_output<true>
                                  : write_output<false>)(patches[t], y, m + r * kLaneFour + t * kLaneFloats,
                                                         bias, task.past);
            }
        }
    }
}

void run_tiles(const WinogradConvTask& task) {
    const std::int64_t channels = task.tiles.read().channels;
    TransformedTiles v{.rows = {.at = task.scratch, .row = kLaneFour, .four = channels * kLaneFour},
                       .position = position_pitch(channels, fours(task.count), kLaneFloats)};
    float* m = task.scratch + kPositions * v.position;
    transform_all_read(task.tiles, task.first, task.count, task.from, v);
    for (std::int64_t t = 0; t < task.count; t += 4, v.rows.at += v.rows.four) {
        const std::int64_t count = std::min<std::int64_t>(4, task.count - t);
        Patch patches[4];
        for (std::int64_t i = 0; i < count; ++i) patches[i] = task.tiles.written_by(task.first + t + i);
        finish_four(task, v, patches, count, m);
    }
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_tiles);
HWY_EXPORT(lanes);
HWY_EXPORT(target_name);

/// Tiles of a unit of work: enough that a channel is read in one piece, and their transforms lie in the
/// cache.
std::int64_t tiles_at_once(std::int64_t channels) {
    constexpr std::int64_t kChannels = 512;
    return std::clamp<std::int64_t>(kChannels / std::max<std::int64_t>(channels, 1) / 4 * 4, 8,
                                    WinogradTiles::kMost);
}

void convolve(const WinogradTiles& tiles, const std::vector<float>& filters, const float* bias,
              const float* from, float* to, int threads) {
    const auto run = HWY_DYNAMIC_DISPATCH(run_tiles);
    const std::int64_t channels = tiles.read().channels;
    const std::int64_t at_once = tiles_at_once(channels);
    const std::int64_t vector = HWY_DYNAMIC_DISPATCH(lanes)();
    const LaneImages& written = tiles.written();
    const bool past = goes_past_caches(to, written.channels * written.plane(), written.batch);
    const std::int64_t position = position_pitch(channels, at_once, vector);
    constexpr std::int64_t kSums = 16;  // of a position, vectors
    ThreadScratch scratch(threads, kPositions * (position + kSums * vector));
    for_each_item((tiles.count() + at_once - 1) / at_once, threads, [&](std::int64_t unit, int thread) {
        const std::int64_t first = unit * at_once;
        run({.tiles = tiles,
             .first = first,
             .count = std::min(at_once, tiles.count() - first),
             .filters = filters.data(),
             .bias = bias,
             .from = from,
             .to = to,
             .past = past,
             .scratch = scratch.of(thread)});
    });
}

}  // namespace

bool fits_winograd(const ConvShape& shape) {
    bool fits = shape.groups == 1 && shape.input[0] == 1 && shape.kernel[0] == 1;
    for (std::size_t axis : {1, 2}) {
        const std::int64_t behind = shape.output[axis] + 2 - shape.input[axis] - shape.pad[axis];
        fits = fits && shape.kernel[axis] == 3 && shape.stride[axis] == 1 && shape.dilation[axis] == 1 &&
               shape.pad[axis] <= 2 && behind <= 2;
    }
    return fits;
}

WinogradTiles winograd_tiles(const ConvShape& shape, std::int64_t batch) {
    return {images_read(shape, batch), images_written(shape, batch), shape.pad[1], shape.pad[2],
            HWY_DYNAMIC_DISPATCH(lanes)()};
}

void conv_winograd_f32(const ConvShape& shape, std::int64_t batch, const float* w, const float* bias,
                       const float* x, float* y, int threads) {
    convolve(winograd_tiles(shape, batch), transformed_filters(w, shape.outputs, shape.channels, false), bias,
             x, y, threads);
}

void conv_winograd_input_gradient_f32(const ConvShape& shape, std::int64_t batch, const float* w,
                                      const float* dy, float* dx, int threads) {
    ConvShape back = shape;
    std::swap(back.channels, back.outputs);
    std::swap(back.input, back.output);
    for (std::size_t axis : {1, 2}) back.pad[axis] = 2 - shape.pad[axis];
    convolve(winograd_tiles(back, batch), transformed_filters(w, shape.outputs, shape.channels, true),
             nullptr, dy, dx, threads);
}

std::string conv_winograd_f32_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
