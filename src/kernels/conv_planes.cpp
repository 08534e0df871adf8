#include "kernels/conv_planes.h"

#include <algorithm>
#include <bit>

namespace espalier::kernels {
namespace {

using Sizes = ConvShape::Sizes;

constexpr std::int64_t kWord = 32;   // positions with bits in one word
constexpr std::int64_t kSlack = 64;  // elements that a load of the last positions may reach behind them

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -ceil_div(-a, b); }

/// Of a tap along an axis: which phase it reads, and how many of its pixels from the output's own place.
struct Tap {
    std::int64_t phase, shift;
};

Tap tap_of(const ConvShape& shape, std::size_t axis, std::int64_t index) {
    const std::int64_t from = index * shape.dilation[axis] - shape.pad[axis];
    const std::int64_t shift = floor_div(from, shape.stride[axis]);
    return {.phase = from - shift * shape.stride[axis], .shift = shift};
}

/// Places from row to row along the axis: the pixels of a phase and zeros behind them, which are those before
/// the next row too.
std::int64_t pitch_of(const ConvShape& shape, std::size_t axis) {
    const std::int64_t pixels = ceil_div(shape.input[axis], shape.stride[axis]);
    const Tap first = tap_of(shape, axis, 0);
    const Tap last = tap_of(shape, axis, shape.kernel[axis] - 1);
    const std::int64_t behind = shape.output[axis] + last.shift - pixels;
    return std::max(shape.output[axis], pixels + std::max<std::int64_t>({0, -first.shift, behind}));
}

}  // namespace

ConvPlanes::ConvPlanes(const ConvShape& shape) : shape_(shape) {
    for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis) {
        pitch_[axis] = pitch_of(shape, axis);
        phases_ *= shape.stride[axis];
    }
    const Sizes step{pitch_[1] * pitch_[2], pitch_[2], 1};
    std::int64_t least = 0, most = 0;
    for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis) {
        least += std::min<std::int64_t>(0, tap_of(shape, axis, 0).shift) * step[axis];
        most += std::max<std::int64_t>(0, tap_of(shape, axis, shape.kernel[axis] - 1).shift) * step[axis];
        positions_ += (shape.output[axis] - 1) * step[axis];
    }
    ++positions_;
    lead_ = -least;
    const std::int64_t filled = pitch_[0] * step[0];
    plane_ = ceil_div(lead_ + std::max(filled, positions_ + most) + kSlack, kWord) * kWord;
    for (std::int64_t tap = 0; tap < shape.taps(); ++tap) {
        const Sizes index{tap / (shape.kernel[1] * shape.kernel[2]), tap / shape.kernel[2] % shape.kernel[1],
                          tap % shape.kernel[2]};
        std::int64_t phase = 0, shift = 0;
        for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis) {
            const Tap along = tap_of(shape, axis, index[axis]);
            phase = phase * shape.stride[axis] + along.phase;
            shift += along.shift * step[axis];
        }
        tap_offsets_.push_back(phase * plane_ + shift);
    }
    for (std::int64_t z = 0; z < shape.input[0]; ++z) {
        for (std::int64_t y = 0; y < shape.input[1]; ++y) {
            const std::int64_t phase = z % shape.stride[0] * shape.stride[1] + y % shape.stride[1];
            rows_.push_back({.pixel = (z * shape.input[1] + y) * shape.input[2],
                             .place = phase * shape.stride[2] * plane_ + lead_ +
                                      z / shape.stride[0] * step[0] + y / shape.stride[1] * step[1]});
        }
    }
    plain_ = phases_ == 1 && shape.taps() == 1 && pitch_ == shape.input && pitch_ == shape.output;
    find_positions();
}

void ConvPlanes::find_positions() {
    std::int64_t before = 0;
    for (std::int64_t first = 0; first < positions_; first += kWord) {
        std::uint32_t bits = 0;
        for (std::int64_t i = 0; i < kWord && first + i < positions_; ++i) {
            const std::int64_t at = first + i;
            const bool is_output =
                at % pitch_[2] < shape_.output[2] && at / pitch_[2] % pitch_[1] < shape_.output[1];
            bits |= static_cast<std::uint32_t>(is_output) << i;
        }
        valid_.push_back(bits);
        before_.push_back(before);
        before += std::popcount(bits);
    }
    // A span of 64 positions may begin with the last word.
    valid_.push_back(0);
    before_.push_back(before);
}

}  // namespace espalier::kernels
