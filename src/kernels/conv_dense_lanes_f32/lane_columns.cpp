#include "kernels/conv_dense_lanes_f32/lane_columns.h"

#include <algorithm>

namespace espalier::kernels {
namespace {

using Pair = std::array<std::int64_t, 2>;

std::int64_t tap_index(const ConvShape& shape, std::int64_t ky, std::int64_t kx) {
    return ky * shape.kernel[2] + kx;
}

/// The outputs' taps that reach pixels `phase`, phase + stride, ... of an input along one axis, and where.
struct Reach {
    std::int64_t tap, at;
};
std::vector<Reach> reaching(const ConvShape& shape, std::size_t axis, std::int64_t phase) {
    std::vector<Reach> found;
    for (std::int64_t tap = 0; tap < shape.kernel[axis]; ++tap) {
        const std::int64_t away = phase + shape.pad[axis] - tap * shape.dilation[axis];
        if (away % shape.stride[axis] == 0) found.push_back({tap, away / shape.stride[axis]});
    }
    return found;
}

}  // namespace

LaneColumns::LaneColumns(const LaneImages& read, const LaneImages& written, const Grid& grid,
                         const Pair& step, std::vector<Tap> taps, std::int64_t filter)
    : read_(read), written_(written), grid_(grid), step_(step), taps_(std::move(taps)), filter_(filter) {
    if (taps_.empty()) return;
    first_ = last_ = taps_.front().at;
    for (const Tap& tap : taps_) {
        for (std::size_t axis : {0, 1}) {
            first_[axis] = std::min(first_[axis], tap.at[axis]);
            last_[axis] = std::max(last_[axis], tap.at[axis]);
        }
    }
}

LaneColumns LaneColumns::forward(const ConvShape& shape, std::int64_t batch) {
    std::vector<Tap> taps;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
        for (std::int64_t ky = 0; ky < shape.kernel[1]; ++ky) {
            for (std::int64_t kx = 0; kx < shape.kernel[2]; ++kx) {
                taps.push_back(
                    {c,
                     {ky * shape.dilation[1] - shape.pad[1], kx * shape.dilation[2] - shape.pad[2]},
                     c * shape.taps() + tap_index(shape, ky, kx)});
            }
        }
    }
    const Grid grid{{0, 0}, {1, 1}, {shape.output[1], shape.output[2]}};
    return {images_read(shape, batch),
            images_written(shape, batch),
            grid,
            {shape.stride[1], shape.stride[2]},
            std::move(taps),
            shape.columns()};
}

std::vector<LaneColumns> LaneColumns::backward(const ConvShape& shape, std::int64_t batch) {
    std::vector<LaneColumns> phases;
    for (std::int64_t py = 0; py < std::min(shape.stride[1], shape.input[1]); ++py) {
        for (std::int64_t px = 0; px < std::min(shape.stride[2], shape.input[2]); ++px) {
            std::vector<Tap> taps;
            for (std::int64_t k = 0; k < shape.outputs; ++k) {
                for (const Reach& y : reaching(shape, 1, py)) {
                    for (const Reach& x : reaching(shape, 2, px))
                        taps.push_back(
                            {k, {y.at, x.at}, k * shape.columns() + tap_index(shape, y.tap, x.tap)});
                }
            }
            const Pair stride{shape.stride[1], shape.stride[2]};
            const Pair count{(shape.input[1] - py + stride[0] - 1) / stride[0],
                             (shape.input[2] - px + stride[1] - 1) / stride[1]};
            phases.push_back({images_written(shape, batch),
                              images_read(shape, batch),
                              {{py, px}, stride, count},
                              {1, 1},
                              std::move(taps),
                              shape.taps()});
        }
    }
    return phases;
}

std::vector<float> LaneColumns::filters(const float* w) const {
    const std::int64_t filters = written_.channels;
    std::vector<float> packed;
    packed.reserve(static_cast<std::size_t>(fours(filters)) * taps_.size());
    for (std::int64_t first = 0; first < filters; first += 4) {
        for (const Tap& tap : taps_) {
            for (std::int64_t r = first; r < first + 4; ++r)
                packed.push_back(r < filters ? w[r * filter_ + tap.weight] : 0.0F);
        }
    }
    return packed;
}

}  // namespace espalier::kernels
