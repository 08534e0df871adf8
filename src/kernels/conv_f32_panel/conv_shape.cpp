#include "kernels/conv_f32_panel/conv_shape.h"

#include <algorithm>

namespace espalier::kernels {
namespace {

std::int64_t extent(const ConvShape& shape, std::size_t axis) {
    return (shape.kernel[axis] - 1) * shape.dilation[axis] + 1;
}

/// What all placements of the window reach over, from the first padding on.
std::int64_t reach(const ConvShape& shape, std::size_t axis) {
    return (shape.output[axis] - 1) * shape.stride[axis] + extent(shape, axis);
}

}  // namespace

ConvInput::ConvInput(const ConvShape& shape, std::int64_t line) : shape_(shape) {
    const std::int64_t stride = shape.stride[2];
    in_place_ = shape.input == shape.output;
    for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis)
        in_place_ &= shape.kernel[axis] == 1 && shape.stride[axis] == 1 && shape.pad[axis] == 0;
    if (in_place_) {
        size_ = {shape.input[0], shape.input[1]};
        row_ = shape.input[2];
    } else {
        phases_ = std::min(stride, extent(shape, 2));
        size_ = {reach(shape, 0), reach(shape, 1)};
        row_ = (shape.output[2] + (extent(shape, 2) - 1) / stride + line - 1) / line * line;
    }
    const std::int64_t plane = size_[1] * row_;
    steps_ = {shape.stride[0] * plane, shape.stride[1] * row_};
    for (std::int64_t d = 0; d < shape.kernel[0]; ++d) {
        for (std::int64_t h = 0; h < shape.kernel[1]; ++h) {
            for (std::int64_t w = 0; w < shape.kernel[2]; ++w) {
                const std::int64_t at = w * shape.dilation[2];
                tap_offsets_.push_back(at % stride * size_[0] * plane + d * shape.dilation[0] * plane +
                                       h * shape.dilation[1] * row_ + at / stride);
            }
        }
    }
}

ConvInput::Phase ConvInput::phase(std::int64_t index) const {
    const std::int64_t stride = shape_.stride[2];
    // Place i of the phase is pixel i * stride + start of the row.
    const std::int64_t start = index - shape_.pad[2];
    const std::int64_t first = std::min(start >= 0 ? 0 : (-start + stride - 1) / stride, row_);
    const std::int64_t left = shape_.input[2] - start;
    const std::int64_t last = std::clamp(left <= 0 ? 0 : (left + stride - 1) / stride, first, row_);
    return {first * stride + start, first, last};
}

/// All phases of a row of the image, which lie a channel's phase apart.
void ConvInput::prepare_row(const float* pixels, float* row) const noexcept {
    const std::int64_t stride = shape_.stride[2];
    const std::int64_t phase_size = size_[0] * size_[1] * row_;
    for (std::int64_t index = 0; index < phases_; ++index, row += phase_size) {
        const auto [pixel, first, last] = phase(index);
        const float* const from = pixels + pixel;
        std::fill_n(row, first, 0.0F);
        if (stride == 1) {
            std::copy_n(from, last - first, row + first);
        } else {
            for (std::int64_t i = first; i < last; ++i) row[i] = from[(i - first) * stride];
        }
        std::fill_n(row + last, row_ - last, 0.0F);
    }
}

void ConvInput::prepare(const float* pixels, float* channel) const noexcept {
    for (std::int64_t d = 0; d < size_[0]; ++d) {
        for (std::int64_t h = 0; h < size_[1]; ++h) {
            float* const row = channel + (d * size_[1] + h) * row_;
            const std::int64_t from_d = d - shape_.pad[0];
            const std::int64_t from_h = h - shape_.pad[1];
            const bool inside =
                from_d >= 0 && from_d < shape_.input[0] && from_h >= 0 && from_h < shape_.input[1];
            if (inside) {
                prepare_row(pixels + (from_d * shape_.input[1] + from_h) * shape_.input[2], row);
                continue;
            }
            for (std::int64_t phase = 0; phase < phases_; ++phase)
                std::fill_n(row + phase * size_[0] * size_[1] * row_, row_, 0.0F);
        }
    }
}

}  // namespace espalier::kernels
