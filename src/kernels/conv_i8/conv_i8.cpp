// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/conv_i8/conv_i8.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/highway_targets.h"
#include "kernels/conv_i8/block_task.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_i8/conv_i8.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_i8/tile-inl.h"
#include "kernels/conv_i8/window_rows-inl.h"
#include "kernels/cpu_features.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

void run_block(const ByteBlock& block) {
    const ConvShape& s = block.shape;
    const std::int64_t step = row_bytes(s.columns(), ByteProducts::pairs) / 2;
    auto* const panel = reinterpret_cast<std::int16_t*>(block.panel);
    const Widening widen(block.quantum, block.x + s.images * s.pixels() * s.groups * s.channels);
    pack_rows(block, widen, std::int16_t{0}, panel, step);
    // Half of the last pair where they are odd.
    for (std::int64_t row = 0; row < block.rows; ++row) panel[row * step + s.columns()] = 0;
    const std::int64_t all = s.groups * s.outputs;
    for (std::int64_t tile = block.first_tile; tile < block.last_tile; ++tile) {
        const std::int64_t in_group = tile * kTileWidth;
        const std::int64_t first = block.group * s.outputs + in_group;
        const TileFinish finish(block.finish, first, std::min(kTileWidth, s.outputs - in_group));
        const std::int64_t at = block.first_row * all + first;
        void* y = block.finish.bytes ? static_cast<void*>(static_cast<std::uint8_t*>(block.y) + at)
                                     : static_cast<float*>(block.y) + at;
        const auto* w = reinterpret_cast<const std::int16_t*>(block.weights.tile(block.group, tile));
        multiply_panel(block.rows, panel, step, w, block.weights.steps(), finish, y, all);
    }
}

std::int64_t tile_width() { return kTileWidth; }
std::int64_t tile_rows() { return kTileRows; }
const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espalier::kernels {
namespace {

HWY_EXPORT(run_block);
HWY_EXPORT(tile_width);
HWY_EXPORT(tile_rows);
HWY_EXPORT(target_name);

// Of a panel: with 48 rows of it a tile of weights is read once for so many products that it may come from
// behind the L2 cache, which keeps the panel.
constexpr std::int64_t kMostRows = 48;
constexpr std::int64_t kPanelBytes = 200 * 1024;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// What to take from the weights of an output so that the rest fits 8 bits.
std::int32_t offset_of(std::span<const std::int16_t> w) {
    if (w.empty()) return 0;
    const auto [least, most] = std::ranges::minmax(w);
    if (most > 127) return most - 127;
    return least < -128 ? least + 128 : 0;
}

std::int64_t rows_at_once(ByteProducts products) {
    return products == ByteProducts::quads ? kQuadRows : HWY_DYNAMIC_DISPATCH(tile_rows)();
}

std::int64_t outputs_at_once(ByteProducts products) {
    return products == ByteProducts::quads ? kQuadOutputs : HWY_DYNAMIC_DISPATCH(tile_width)();
}

}  // namespace

ByteProducts fastest_products() { return has_avx512_vnni() ? ByteProducts::quads : ByteProducts::pairs; }

PackedBytes::PackedBytes(const ConvShape& shape, std::span<const std::int16_t> w, ByteProducts products)
    : products_(products),
      width_(outputs_at_once(products)),
      steps_(ceil_div(shape.columns(), products == ByteProducts::quads ? 4 : 2)),
      tiles_(ceil_div(shape.outputs, width_)) {
    const bool quads = products == ByteProducts::quads;
    const std::int64_t columns = shape.columns(), together = quads ? 4 : 2;
    const auto outputs = static_cast<std::size_t>(shape.groups * tiles_ * width_);
    values_.resize(static_cast<std::size_t>(shape.groups * tiles_ * tile_bytes()));
    if (quads) totals_.resize(outputs);
    WeightVector<std::int32_t> offsets(outputs);
    for (std::int64_t o = 0; o < shape.groups * shape.outputs; ++o) {
        const std::int64_t in_group = o % shape.outputs;
        const std::int64_t tile = o / shape.outputs * tiles_ + in_group / width_;
        const std::int64_t lane = in_group % width_;
        const auto own = w.subspan(static_cast<std::size_t>(o * columns), static_cast<std::size_t>(columns));
        const auto index = static_cast<std::size_t>(tile * width_ + lane);
        if (quads) totals_[index] = std::accumulate(own.begin(), own.end(), std::int32_t{0});
        const std::int32_t offset = quads ? offset_of(own) : 0;
        offsets[index] = offset;
        std::byte* const to = values_.data() + tile * tile_bytes();
        for (std::int64_t k = 0; k < columns; ++k) {
            const std::int64_t at = (k / together * width_ + lane) * together + k % together;
            const auto value = static_cast<std::int16_t>(own[static_cast<std::size_t>(k)] - offset);
            if (quads) {
                to[at] = static_cast<std::byte>(value);
            } else {
                std::memcpy(to + at * 2, &value, sizeof(value));
            }
        }
    }
    if (std::ranges::any_of(offsets, [](std::int32_t offset) { return offset != 0; }))
        offsets_ = std::move(offsets);
}

std::string PackedBytes::instruction_set() const {
    return products_ == ByteProducts::quads ? "avx512_vnni"
                                            : instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)());
}

ConvI8::ConvI8(const ConvShape& shape, std::shared_ptr<const PackedBytes> weights, int threads)
    : shape_(shape), weights_(std::move(weights)), threads_(std::max(threads, 1)) {
    const bool quads = weights_->products() == ByteProducts::quads;
    const std::int64_t group = rows_at_once(weights_->products());
    const std::int64_t rows = shape.images * shape.positions();
    const std::int64_t step = row_bytes(shape.columns(), weights_->products());
    const std::int64_t least = std::min(2 * group, kMostRows);
    const std::int64_t most =
        std::clamp(kPanelBytes / step / group * group, least, quads ? kMostQuadRows : kMostRows);
    blocks_ =
        std::max<std::int64_t>(ceil_div(rows, most), std::min<std::int64_t>(threads_, ceil_div(rows, group)));
    rows_ = ceil_div(ceil_div(rows, blocks_), group) * group;
    blocks_ = ceil_div(rows, rows_);
    parts_ = std::min(weights_->tiles(), ceil_div(threads_, blocks_ * shape.groups));
    scratch_of_thread_ = static_cast<std::size_t>(rows_ * step + (quads ? sums_bytes(rows_) : 0));
}

void ConvI8::run(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
                 std::byte* scratch) const noexcept {
    const auto run =
        weights_->products() == ByteProducts::quads ? run_block_vnni : HWY_DYNAMIC_DISPATCH(run_block);
    const std::int64_t rows = shape_.images * shape_.positions();
    const std::int64_t tiles = weights_->tiles();
    for_each_item(blocks_ * shape_.groups * parts_, threads_, [&](std::int64_t item, int thread) {
        const std::int64_t part = item % parts_;
        const std::int64_t group = item / parts_ % shape_.groups;
        const std::int64_t first = item / parts_ / shape_.groups * rows_;
        run({.shape = shape_,
             .weights = *weights_,
             .group = group,
             .first_row = first,
             .rows = std::min(rows_, rows - first),
             .first_tile = tiles * part / parts_,
             .last_tile = tiles * (part + 1) / parts_,
             .x = x,
             .quantum = quantum,
             .y = y,
             .finish = finish,
             .panel = scratch + static_cast<std::size_t>(thread) * scratch_of_thread_,
             .sums =
                 scratch + static_cast<std::size_t>(thread + 1) * scratch_of_thread_ - sums_bytes(rows_)});
    });
}

}  // namespace espalier::kernels
#endif
