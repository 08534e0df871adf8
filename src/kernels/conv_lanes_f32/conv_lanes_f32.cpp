// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/conv_lanes_f32/conv_lanes_f32.h"

#include "base/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_lanes_f32/conv_lanes_f32.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_lanes_f32/lane_packing-inl.h"
#include "kernels/conv_lanes_f32/lane_rows-inl.h"
#include "kernels/conv_lanes_f32/scratch.h"
#include "kernels/conv_lanes_f32/tile_task.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

template <std::size_t kTileLanes>
void run_lanes(const LaneConvTask& task) {
    const LaneStencil& stencil = task.tile.stencil;
    if (is_buffered(stencil)) fill_sums(task);
    for (const LaneStencil::Block& block : stencil.blocks()) {
        if (block.rows == 0) continue;
        pack_block<kTileLanes>(task.tile, block, task.in, task.packed);
        run_block<kTileLanes>(task, block);
    }
    if (is_buffered(stencil)) write_sums<kTileLanes>(task);
}

void run_tile(const LaneConvTask& task) {
    switch (task.tile.stencil.tiling().lanes) {
        case 8:
            return run_lanes<8>(task);
        case 16:
            return run_lanes<16>(task);
        case 32:
            return run_lanes<32>(task);
        default:
            return run_lanes<64>(task);
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

HWY_EXPORT(run_tile);
HWY_EXPORT(target_name);

}  // namespace

void conv_lanes_f32(const LaneStencil& stencil, std::int64_t batch, const float* values, const float* bias,
                    const float* in, float* out, int threads) {
    const auto run = HWY_DYNAMIC_DISPATCH(run_tile);
    const LaneTiles tiles(stencil, batch);
    const bool past = goes_past_caches(stencil, batch, out);
    ThreadScratch scratch(threads, most_packed(stencil) + tile_sums(stencil));
    for_each_item(tiles.count(), threads, [&](std::int64_t index, int thread) {
        float* own = scratch.of(thread);
        run({.tile = tiles[index],
             .values = values,
             .bias = bias,
             .in = in,
             .out = out,
             .packed = own,
             .sums = own + most_packed(stencil),
             .past = past});
    });
}

std::string conv_lanes_f32_instruction_set() {
    return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

}  // namespace espalier::kernels
#endif
