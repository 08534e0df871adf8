// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include <algorithm>
#include <vector>

#include "base/highway_targets.h"
#include "kernels/conv_lanes_f32/conv_lanes_f32.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_lanes_f32/sample_lanes_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_lanes_f32/lane_packing-inl.h"
#include "kernels/conv_lanes_f32/lane_rows-inl.h"
#include "kernels/conv_lanes_f32/lane_samples-inl.h"
#include "kernels/conv_lanes_f32/scratch.h"
#include "kernels/conv_lanes_f32/tile_task.h"
#include "kernels/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

template <std::size_t kTileLanes>
void sample_lanes(const LaneSampleTask& task) {
    const LaneStencil& stencil = task.tile.stencil;
    const bool buffered = task.conv != nullptr && is_buffered(stencil);
    if (buffered) fill_sums(*task.conv);
    pack_out<kTileLanes>(task);
    for (std::size_t b = task.first; b < task.last; ++b) {
        const LaneStencil::Block& block = stencil.blocks()[b];
        if (block.rows == 0) continue;
        pack_block<kTileLanes>(task.tile, block, task.in, task.packed);
        if (task.conv != nullptr) run_block<kTileLanes>(*task.conv, block);
        for (const LaneStencil::Row& row : stencil.rows().subspan(block.first_row, block.rows))
            sample_row(task, row);
    }
    if (buffered) write_sums<kTileLanes>(*task.conv);
}

void sample_tile(const LaneSampleTask& task) {
    switch (task.tile.stencil.tiling().lanes) {
        case 8:
            return sample_lanes<8>(task);
        case 16:
            return sample_lanes<16>(task);
        case 32:
            return sample_lanes<32>(task);
        default:
            return sample_lanes<64>(task);
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(sample_tile);

/// How the work is divided, whatever the threads: runs of tiles, each with sums of its own, times shares of
/// the blocks. Every share packs what the tile writes anew; every run of many weights would be a pass over
/// memory.
struct Division {
    std::int64_t runs, shares;

    Division(std::int64_t items, std::int64_t blocks, std::int64_t taps) {
        constexpr std::int64_t kUnits = 8;
        constexpr std::int64_t kSums = 1 << 18;  // 1 MB
        runs = std::clamp<std::int64_t>(kSums / std::max<std::int64_t>(1, taps), 1, std::min(items, kUnits));
        shares = std::clamp<std::int64_t>(blocks, 1, kUnits / runs);
    }
};

/// The product that goes with a sampling, of values at the stencil's taps into an output.
struct Beside {
    const float* values;
    float* out;
};

void sample(const LaneStencil& stencil, std::int64_t batch, const Division& division, const float* in,
            const float* out, float* gradient, const Beside* beside, int threads) {
    const auto run = HWY_DYNAMIC_DISPATCH(sample_tile);
    const LaneTiles tiles(stencil, batch);
    const auto blocks = static_cast<std::int64_t>(stencil.blocks().size());
    const auto taps = static_cast<std::int64_t>(stencil.weights().size());
    std::vector<float> sums(static_cast<std::size_t>(division.runs * taps), 0.0F);
    const std::int64_t packed = most_packed(stencil);
    const bool past = beside != nullptr && goes_past_caches(stencil, batch, beside->out);
    ThreadScratch scratch(threads, packed + 2 * tile_sums(stencil));
    for_each_item(division.runs * division.shares, threads, [&](std::int64_t unit, int thread) {
        const std::int64_t part = unit / division.shares;
        const std::int64_t share = unit % division.shares;
        float* own = scratch.of(thread);
        const std::int64_t last = tiles.count() * (part + 1) / division.runs;
        for (std::int64_t index = tiles.count() * part / division.runs; index < last; ++index) {
            const LaneTile tile = tiles[index];
            const LaneConvTask conv{.tile = tile,
                                    .values = beside == nullptr ? nullptr : beside->values,
                                    .bias = nullptr,
                                    .in = in,
                                    .out = beside == nullptr ? nullptr : beside->out,
                                    .packed = own,
                                    .sums = own + packed + tile_sums(stencil),
                                    .past = past};
            run({.tile = tile,
                 .in = in,
                 .out = out,
                 .first = static_cast<std::size_t>(blocks * share / division.shares),
                 .last = static_cast<std::size_t>(blocks * (share + 1) / division.shares),
                 .packed = own,
                 .packed_out = own + packed,
                 .sums = sums.data() + part * taps,
                 .conv = beside == nullptr ? nullptr : &conv});
        }
    });
    for (std::int64_t tap = 0; tap < taps; ++tap) {
        float sum = 0;
        for (std::int64_t part = 0; part < division.runs; ++part)
            sum += sums[static_cast<std::size_t>(part * taps + tap)];
        gradient[stencil.weights()[static_cast<std::size_t>(tap)]] = sum;
    }
}

Division division_of(const LaneStencil& stencil, std::int64_t batch) {
    return {LaneTiles(stencil, batch).count(), static_cast<std::int64_t>(stencil.blocks().size()),
            static_cast<std::int64_t>(stencil.weights().size())};
}

}  // namespace

void sample_lanes_f32(const LaneStencil& stencil, std::int64_t batch, const float* in, const float* out,
                      float* gradient, int threads) {
    sample(stencil, batch, division_of(stencil, batch), in, out, gradient, nullptr, threads);
}

void gradients_lanes_f32(const LaneStencil& stencil, std::int64_t batch, const float* values, const float* dz,
                         const float* x, float* dx, float* dw, int threads) {
    const Division division = division_of(stencil, batch);
    if (division.shares == 1) {
        const Beside beside{values, dx};
        return sample(stencil, batch, division, dz, x, dw, &beside, threads);
    }
    conv_lanes_f32(stencil, batch, values, nullptr, dz, dx, threads);
    sample(stencil, batch, division, dz, x, dw, nullptr, threads);
}

}  // namespace espalier::kernels
#endif
