#include "kernels/conv_lanes_f32/lane_stencil.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "espalier/error.h"

namespace espalier::kernels {
namespace {

/// One axis of a window: which phase of the input a tap reads, and how far from the output's pixel.
struct Reach {
    std::int64_t phase, offset;
};

Reach reach(const ConvShape& shape, std::size_t axis, std::int64_t tap) {
    const std::int64_t at = tap * shape.dilation[axis] - shape.pad[axis];
    const std::int64_t stride = shape.stride[axis];
    const std::int64_t phase = ((at % stride) + stride) % stride;
    return {phase, (at - phase) / stride};
}

/// Every stride-th pixel of every channel: [channel][phase y][phase x].
LaneStencil::Planes phases(const ConvShape& shape) {
    LaneStencil::Planes out{.planes = {}, .row = shape.input[2] * shape.stride[1], .pixel = shape.stride[2]};
    for (std::int64_t channel = 0; channel < shape.groups * shape.channels; ++channel) {
        for (std::int64_t y = 0; y < shape.stride[1]; ++y) {
            for (std::int64_t x = 0; x < shape.stride[2]; ++x) {
                const auto count = [](std::int64_t size, std::int64_t phase, std::int64_t stride) {
                    return std::max<std::int64_t>(0, (size - phase + stride - 1) / stride);
                };
                out.planes.push_back({channel * shape.pixels() + y * shape.input[2] + x,
                                      count(shape.input[1], y, shape.stride[1]),
                                      count(shape.input[2], x, shape.stride[2])});
            }
        }
    }
    return out;
}

LaneStencil::Planes outputs(const ConvShape& shape) {
    LaneStencil::Planes out{.planes = {}, .row = shape.output[2], .pixel = 1};
    for (std::int64_t row = 0; row < shape.groups * shape.outputs; ++row)
        out.planes.push_back({row * shape.positions(), shape.output[1], shape.output[2]});
    return out;
}

/// The tap of each column of the first group's weights.
std::vector<LaneStencil::Tap> columns_of(const ConvShape& shape) {
    std::vector<LaneStencil::Tap> columns;
    for (std::int64_t column = 0; column < shape.columns(); ++column) {
        const std::int64_t tap = column % shape.taps();
        const Reach y = reach(shape, 1, tap / shape.kernel[2]);
        const Reach x = reach(shape, 2, tap % shape.kernel[2]);
        const std::int64_t channel = column / shape.taps();
        const std::int64_t plane = (channel * shape.stride[1] + y.phase) * shape.stride[2] + x.phase;
        columns.push_back({0, static_cast<std::uint32_t>(plane), static_cast<std::int32_t>(y.offset),
                           static_cast<std::int32_t>(x.offset), 0});
    }
    return columns;
}

/// Taps of the convolution: from planes of phases() to rows of outputs().
std::vector<LaneStencil::Tap> taps_of(const ConvShape& shape, const RowPattern& pattern) {
    if (shape.input[0] != 1 || shape.kernel[0] != 1)
        throw InvalidArgument("a sparse convolution with the batch in lanes has at most two axes");
    if (pattern.rows() != shape.groups * shape.outputs || pattern.columns != shape.columns())
        throw InvalidArgument(fmt::format("weights of {}x{} for a convolution of {}x{}", pattern.rows(),
                                          pattern.columns, shape.groups * shape.outputs, shape.columns()));
    const std::vector<LaneStencil::Tap> columns = columns_of(shape);
    std::vector<LaneStencil::Tap> taps;
    taps.reserve(pattern.at.size());
    for (std::int64_t row = 0; row < pattern.rows(); ++row) {
        const std::int64_t first = row / shape.outputs * shape.channels * shape.stride[1] * shape.stride[2];
        for (std::uint32_t i = pattern.starts[static_cast<std::size_t>(row)];
             i < pattern.starts[static_cast<std::size_t>(row) + 1]; ++i) {
            LaneStencil::Tap tap = columns[pattern.at[i]];
            tap.row = static_cast<std::uint32_t>(row);
            tap.plane += static_cast<std::uint32_t>(first);
            tap.weight = i;
            taps.push_back(tap);
        }
    }
    return taps;
}

/// Leaves out the planes that no tap reads, which a 1x1 window of stride 2 has three of in four.
void keep_used(LaneStencil::Planes& planes, std::vector<LaneStencil::Tap>& taps) {
    std::vector<std::uint32_t> places(planes.planes.size(), 0);
    for (const auto& tap : taps) places[tap.plane] = 1;
    std::vector<LaneStencil::Planes::Plane> used;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (places[i] == 0) continue;
        places[i] = static_cast<std::uint32_t>(used.size());
        used.push_back(planes.planes[i]);
    }
    for (auto& tap : taps) tap.plane = places[tap.plane];
    planes.planes = std::move(used);
}

std::int64_t round_up(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

std::int64_t largest(const LaneStencil::Planes& planes, std::int64_t LaneStencil::Planes::Plane::*size) {
    std::int64_t most = 0;
    for (const auto& plane : planes.planes) most = std::max(most, plane.*size);
    return most;
}

/// Taps in the order of a key below `keys`, and else in that in which they are: millions, counted and not
/// compared.
std::vector<LaneStencil::Tap> sorted(std::span<const LaneStencil::Tap> taps,
                                     std::uint32_t LaneStencil::Tap::*key, std::size_t keys) {
    std::vector<std::size_t> next(keys + 1, 0);
    for (const LaneStencil::Tap& tap : taps) ++next[tap.*key + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    std::vector<LaneStencil::Tap> out(taps.size());
    for (const LaneStencil::Tap& tap : taps) out[next[tap.*key]++] = tap;
    return out;
}

constexpr std::int64_t kSmallBlock = 64 << 10;

}  // namespace

LaneStencil::Tiling LaneStencil::Tiling::of(std::int64_t height, std::int64_t width, std::int64_t batch,
                                            const Reading& reading) {
    Tiling best;
    std::int64_t least = 0;
    for (const std::int64_t lanes : {16, 8, 32, 64}) {  // the first of equals
        const std::int64_t computed = round_up(width, kStrip / lanes) * round_up(batch, lanes);
        if (least != 0 && computed >= least) continue;
        least = computed;
        best.lanes = lanes;
    }
    const auto bytes = [&](std::int64_t rows) {
        const std::int64_t width = kStrip / best.lanes + reading.beyond_x;
        return reading.planes * (rows + reading.beyond_y) * width * best.lanes * 4;
    };
    // A tile as high as the image packs no row twice: 1.7 to 1.9 moves a pixel under a window of 3x3, where
    // four rows take 2.25. But all planes must fit into one block, or the sums of all outputs wait in memory.
    const std::int64_t low = std::min<std::int64_t>(height, 4);
    const bool fits = height <= 16 && bytes(height) <= best.block_bytes;
    best.rows = fits ? height : low;
    // Where they wait anyway, blocks of which the first cache holds half: of 256 channels at a tenth of their
    // weights, forward and gradients, 52 ms, where blocks of 256 KB take 58.
    if (bytes(best.rows) > best.block_bytes) best.block_bytes = kSmallBlock;
    return best;
}

LaneStencil::LaneStencil(Planes in, Planes out, std::vector<Tap> taps, const Tiling& tiling)
    : in_(std::move(in)), out_(std::move(out)), tiling_(tiling) {
    keep_used(in_, taps);
    const auto by_dy = [](const Tap& a, const Tap& b) { return a.dy < b.dy; };
    const auto by_dx = [](const Tap& a, const Tap& b) { return a.dx < b.dx; };
    if (!taps.empty()) {
        const auto [low_y, high_y] = std::ranges::minmax_element(taps, by_dy);
        const auto [low_x, high_x] = std::ranges::minmax_element(taps, by_dx);
        first_dy_ = low_y->dy;
        last_dy_ = high_y->dy;
        first_dx_ = low_x->dx;
        last_dx_ = high_x->dx;
    }
    constexpr std::int64_t kMostFloats = 1 << 16;  // what an offset of 16 bits can reach
    if (region_floats() > kMostFloats)
        throw Unsupported(fmt::format("a sparse convolution whose window reaches over {}x{} pixels",
                                      region_height(), region_width()));
    const std::int64_t floats =
        std::clamp<std::int64_t>(tiling_.block_bytes / 4, region_floats(), kMostFloats);
    const auto planes = static_cast<std::uint32_t>(in_.planes.size());
    const auto most = static_cast<std::uint32_t>(floats / region_floats());
    const std::uint32_t blocks = std::max<std::uint32_t>(1, (planes + most - 1) / most);
    taps = sorted(taps, &Tap::plane, in_.planes.size());
    auto tap = taps.begin();
    for (std::uint32_t block = 0; block < blocks; ++block) {
        const auto first = static_cast<std::uint32_t>(std::uint64_t{planes} * block / blocks);
        const auto end = static_cast<std::uint32_t>(std::uint64_t{planes} * (block + 1) / blocks);
        const auto behind = std::find_if(tap, taps.end(), [&](const Tap& t) { return t.plane >= end; });
        add_block(first, end - first, sorted({tap, behind}, &Tap::row, out_.planes.size()));
        tap = behind;
    }
    std::ranges::sort(tapped_);
    tapped_.erase(std::unique(tapped_.begin(), tapped_.end()), tapped_.end());
    if (blocks_.size() == 1) add_rows_without_taps();
}

/// `taps` are those of the planes, by row.
void LaneStencil::add_block(std::uint32_t first, std::uint32_t count, std::span<const Tap> taps) {
    Block block{first, count, static_cast<std::uint32_t>(rows_.size()), 0};
    struct Run {
        std::size_t begin, end;
    };
    std::vector<Run> runs;
    for (std::size_t i = 0; i < taps.size(); ++i) {
        if (i == 0 || taps[i].row != taps[i - 1].row) runs.push_back({i, i});
        runs.back().end = i + 1;
    }
    // The loop over a row's taps then ends where the branch predictor expects it.
    std::ranges::stable_sort(runs, {}, [](const Run& run) { return run.end - run.begin; });
    for (const Run& run : runs) {
        rows_.push_back({taps[run.begin].row, static_cast<std::uint32_t>(offsets_.size()),
                         static_cast<std::uint32_t>(run.end - run.begin)});
        for (std::size_t i = run.begin; i < run.end; ++i) {
            const Tap& tap = taps[i];
            const std::int64_t y = (tap.plane - first) * region_height() + tap.dy - first_dy_;
            offsets_.push_back(
                static_cast<std::uint16_t>((y * region_width() + tap.dx - first_dx_) * tiling_.lanes));
            weights_.push_back(tap.weight);
        }
    }
    for (const Run& run : runs) tapped_.push_back(taps[run.begin].row);
    block.rows = static_cast<std::uint32_t>(rows_.size()) - block.first_row;
    blocks_.push_back(block);
}

void LaneStencil::add_rows_without_taps() {
    for (std::uint32_t row = 0; row < out_.planes.size(); ++row) {
        if (!std::ranges::binary_search(tapped_, row))
            rows_.push_back({row, static_cast<std::uint32_t>(offsets_.size()), 0});
    }
    blocks_.back().rows = static_cast<std::uint32_t>(rows_.size());
}

std::int64_t LaneStencil::tiles_down() const {
    return (largest(out_, &Planes::Plane::height) + tiling_.rows - 1) / tiling_.rows;
}

std::int64_t LaneStencil::tiles_across() const {
    return (largest(out_, &Planes::Plane::width) + tile_width() - 1) / tile_width();
}

LaneStencil LaneStencil::forward(const ConvShape& shape, const RowPattern& pattern, const Tiling& tiling) {
    return {phases(shape), outputs(shape), taps_of(shape, pattern), tiling};
}

LaneStencil LaneStencil::backward(const ConvShape& shape, const RowPattern& pattern, const Tiling& tiling) {
    std::vector<Tap> taps = taps_of(shape, pattern);
    for (Tap& tap : taps) {
        std::swap(tap.row, tap.plane);
        tap.dy = -tap.dy;
        tap.dx = -tap.dx;
    }
    return {outputs(shape), phases(shape), std::move(taps), tiling};
}

}  // namespace espalier::kernels
