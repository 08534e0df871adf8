// Compiled once for each instruction set (Highway's foreach_target.h includes this file again).
#include "kernels/conv_i8/conv_i8.h"

#include <algorithm>
#include <cstring>

#include "base/highway_targets.h"
#include "kernels/conv_i8/block_task.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_i8/conv_i8.cpp"
#include <hwy/foreach_target.h>
// Must follow foreach_target.h.
#include <hwy/highway.h>

#include "kernels/conv_i8/tile-inl.h"
#include "kernels/instruction_set.h"
#include "kernels/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

/// Where an output position reads: its image, and the pixel under the first tap.
struct Place {
    const std::uint8_t* image;
    ConvShape::Sizes at;
};

/// Output positions from one on, in order.
class Places {
  public:
    Places(const ByteBlock& block, std::int64_t row) : shape_(block.shape) {
        const ConvShape& s = shape_;
        image_bytes_ = s.pixels() * s.groups * s.channels;
        place_.image = block.x + row / s.positions() * image_bytes_ + block.group * s.channels;
        const std::int64_t position = row % s.positions();
        output_ = {position / (s.output[1] * s.output[2]), position / s.output[2] % s.output[1],
                   position % s.output[2]};
        find();
    }
    const Place& place() const { return place_; }
    void next() {
        for (std::size_t axis = ConvShape::kAxes; axis-- > 0;) {
            if (++output_[axis] < shape_.output[axis]) return find();
            output_[axis] = 0;
        }
        place_.image += image_bytes_;
        find();
    }

  private:
    void find() {
        for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis)
            place_.at[axis] = output_[axis] * shape_.stride[axis] - shape_.pad[axis];
    }
    const ConvShape& shape_;
    std::int64_t image_bytes_;
    ConvShape::Sizes output_{};
    Place place_{};
};

/// What lies in a row of the image under taps beside each other.
void pack_taps(const ConvShape& s, const Widening& widen, const std::uint8_t* pixels, std::int64_t left,
               std::int16_t* to) {
    const std::int64_t all = s.groups * s.channels;
    if (s.groups == 1 && s.dilation[2] == 1) {
        const std::int64_t first = std::clamp<std::int64_t>(-left, 0, s.kernel[2]);
        const std::int64_t last = std::clamp<std::int64_t>(s.input[2] - left, first, s.kernel[2]);
        std::fill_n(to, first * all, std::int16_t{0});
        widen(pixels + (left + first) * all, (last - first) * all, to + first * all);
        std::fill_n(to + last * all, (s.kernel[2] - last) * all, std::int16_t{0});
        return;
    }
    for (std::int64_t k = 0; k < s.kernel[2]; ++k, to += s.channels) {
        const std::int64_t x = left + k * s.dilation[2];
        if (x < 0 || x >= s.input[2]) {
            std::fill_n(to, s.channels, std::int16_t{0});
        } else {
            widen(pixels + x * all, s.channels, to);
        }
    }
}

/// A row of the panel: what an output position reads, tap by tap.
void pack_row(const ConvShape& s, const Widening& widen, const Place& place, std::int16_t* to) {
    const std::int64_t count = s.kernel[2] * s.channels;
    for (std::int64_t i = 0; i < s.kernel[0]; ++i) {
        const std::int64_t z = place.at[0] + i * s.dilation[0];
        for (std::int64_t k = 0; k < s.kernel[1]; ++k, to += count) {
            const std::int64_t y = place.at[1] + k * s.dilation[1];
            if (z < 0 || z >= s.input[0] || y < 0 || y >= s.input[1]) {
                std::fill_n(to, count, std::int16_t{0});
            } else {
                const std::int64_t row = (z * s.input[1] + y) * s.input[2];
                pack_taps(s, widen, place.image + row * s.groups * s.channels, place.at[2], to);
            }
        }
    }
}

void pack_panel(const ByteBlock& block) {
    const ConvShape& s = block.shape;
    const std::int64_t step = row_step(s.columns());
    const Widening widen(block.quantum, block.x + s.images * s.pixels() * s.groups * s.channels);
    Places places(block, block.first_row);
    for (std::int64_t i = 0; i < block.rows; ++i, places.next()) {
        std::int16_t* to = block.panel + i * step;
        if (s.taps() == 1 && s.pad == ConvShape::Sizes{}) {
            const ConvShape::Sizes& at = places.place().at;
            const std::int64_t pixel = (at[0] * s.input[1] + at[1]) * s.input[2] + at[2];
            widen(places.place().image + pixel * s.groups * s.channels, s.channels, to);
        } else {
            pack_row(s, widen, places.place(), to);
        }
        to[s.columns()] = 0;  // half of the last pair where they are odd
    }
}

void run_block(const ByteBlock& block) {
    const ConvShape& s = block.shape;
    const std::int64_t step = row_step(s.columns());
    pack_panel(block);
    const std::int64_t all = s.groups * s.outputs;
    for (std::int64_t tile = block.first_tile; tile < block.last_tile; ++tile) {
        const std::int64_t in_group = tile * kTileWidth;
        const std::int64_t first = block.group * s.outputs + in_group;
        const TileFinish finish(block.finish, first, std::min(kTileWidth, s.outputs - in_group));
        const std::int64_t at = block.first_row * all + first;
        void* y = block.finish.bytes ? static_cast<void*>(static_cast<std::uint8_t*>(block.y) + at)
                                     : static_cast<float*>(block.y) + at;
        multiply_panel(block.rows, block.panel, step, block.weights.tile(block.group, tile),
                       block.weights.pairs(), finish, y, all);
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

/// Of a panel: with 48 rows of it a tile of weights is read once for so many products that it may come from
/// behind the L2 cache, which keeps the panel.
constexpr std::int64_t kMostRows = 48;
constexpr std::int64_t kPanelBytes = 200 * 1024;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

PackedBytes::PackedBytes(const ConvShape& shape, std::span<const std::int16_t> w)
    : width_(conv_i8_width()), pairs_(ceil_div(shape.columns(), 2)), tiles_(ceil_div(shape.outputs, width_)) {
    values_.resize(static_cast<std::size_t>(shape.groups * tiles_ * pairs_ * width_ * 2));
    const std::int64_t columns = shape.columns();
    for (std::int64_t o = 0; o < shape.groups * shape.outputs; ++o) {
        const std::int64_t in_group = o % shape.outputs;
        const std::int64_t tile = o / shape.outputs * tiles_ + in_group / width_;
        std::int16_t* to = values_.data() + (tile * pairs_ * width_ + in_group % width_) * 2;
        for (std::int64_t k = 0; k < columns; ++k)
            to[k / 2 * width_ * 2 + k % 2] = w[static_cast<std::size_t>(o * columns + k)];
    }
}

ConvI8::ConvI8(const ConvShape& shape, std::shared_ptr<const PackedBytes> weights, int threads)
    : shape_(shape), weights_(std::move(weights)), threads_(std::max(threads, 1)) {
    const std::int64_t group = HWY_DYNAMIC_DISPATCH(tile_rows)();
    const std::int64_t rows = shape.images * shape.positions();
    const std::int64_t step = row_step(shape.columns());
    const std::int64_t most =
        std::clamp(kPanelBytes / (step * 2) / group * group, std::min(2 * group, kMostRows), kMostRows);
    blocks_ =
        std::max<std::int64_t>(ceil_div(rows, most), std::min<std::int64_t>(threads_, ceil_div(rows, group)));
    rows_ = ceil_div(ceil_div(rows, blocks_), group) * group;
    blocks_ = ceil_div(rows, rows_);
    parts_ = std::min(weights_->tiles(), ceil_div(threads_, blocks_ * shape.groups));
    scratch_of_thread_ = static_cast<std::size_t>(rows_ * step) * sizeof(std::int16_t);
}

void ConvI8::run(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
                 std::byte* scratch) const noexcept {
    const auto run = HWY_DYNAMIC_DISPATCH(run_block);
    const std::int64_t rows = shape_.images * shape_.positions();
    const std::int64_t tiles = weights_->tiles();
    for_each_item(blocks_ * shape_.groups * parts_, threads_, [&](std::int64_t item, int thread) {
        const std::int64_t part = item % parts_;
        const std::int64_t group = item / parts_ % shape_.groups;
        const std::int64_t first = item / parts_ / shape_.groups * rows_;
        auto* panel =
            reinterpret_cast<std::int16_t*>(scratch + static_cast<std::size_t>(thread) * scratch_of_thread_);
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
             .panel = panel});
    });
}

std::string conv_i8_instruction_set() { return instruction_set_name(HWY_DYNAMIC_DISPATCH(target_name)()); }
std::int64_t conv_i8_width() { return HWY_DYNAMIC_DISPATCH(tile_width)(); }

}  // namespace espalier::kernels
#endif
