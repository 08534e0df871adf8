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

/// Rows from one that is kept to the next: of a window of one row those in between are never read.
std::int64_t row_step(const ConvShape& shape, std::size_t axis) {
    return shape.kernel[axis] == 1 ? shape.stride[axis] : 1;
}

/// `places` along an axis, of which place i is pixel i * step + start.
ConvInput::Run run_of(std::int64_t start, std::int64_t step, std::int64_t places, std::int64_t pixels) {
    const std::int64_t first = std::min(start >= 0 ? 0 : (-start + step - 1) / step, places);
    const std::int64_t left = pixels - start;
    const std::int64_t last = std::clamp(left <= 0 ? 0 : (left + step - 1) / step, first, places);
    return {first * step + start, first, last, step};
}

}  // namespace

ConvInput::ConvInput(const ConvShape& shape, std::int64_t line) : shape_(shape) {
    const std::int64_t stride = shape.stride[2];
    in_place_ = shape.input == shape.output;
    for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis)
        in_place_ &= shape.kernel[axis] == 1 && shape.stride[axis] == 1 && shape.pad[axis] == 0;
    row_ = in_place_ ? shape.input[2]
                     : (shape.output[2] + (extent(shape, 2) - 1) / stride + line - 1) / line * line;
    for (std::int64_t phase = 0; phase < std::min(stride, extent(shape, 2)); ++phase)
        phases_.push_back(run_of(phase - shape.pad[2], stride, row_, shape.input[2]));
    std::int64_t step = row_;
    for (const std::size_t axis : {1, 0}) {
        const std::int64_t rows = row_step(shape, axis);
        size_[axis] = (reach(shape, axis) - 1) / rows + 1;
        image_rows_[axis] = run_of(-shape.pad[axis], rows, size_[axis], shape.input[axis]);
        steps_[axis] = shape.stride[axis] / rows * step;
        step *= size_[axis];
    }
    const std::int64_t plane = size_[1] * row_;
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

bool ConvInput::is_filled() const {
    const auto fills = [](const Run& run, std::int64_t places) { return run.last - run.first == places; };
    return fills(image_rows_[0], size_[0]) && fills(image_rows_[1], size_[1]) &&
           std::ranges::all_of(phases_, [&](const Run& phase) { return fills(phase, row_); });
}

/// All phases of a row of the image, which lie a channel's phase apart.
void ConvInput::prepare_row(const float* pixels, float* row) const noexcept {
    const std::int64_t phase_size = size_[0] * size_[1] * row_;
    for (const auto& [pixel, first, last, step] : phases_) {
        const float* const from = pixels + pixel;
        std::fill_n(row, first, 0.0F);
        if (step == 1) {
            std::copy_n(from, last - first, row + first);
        } else {
            for (std::int64_t i = first; i < last; ++i) row[i] = from[(i - first) * step];
        }
        std::fill_n(row + last, row_ - last, 0.0F);
        row += phase_size;
    }
}

void ConvInput::prepare(const float* pixels, float* channel) const noexcept {
    const auto& [planes, rows] = image_rows_;
    for (std::int64_t d = 0; d < size_[0]; ++d) {
        for (std::int64_t h = 0; h < size_[1]; ++h) {
            float* const row = channel + (d * size_[1] + h) * row_;
            if (d >= planes.first && d < planes.last && h >= rows.first && h < rows.last) {
                const std::int64_t from_d = planes.pixel + (d - planes.first) * planes.step;
                const std::int64_t from_h = rows.pixel + (h - rows.first) * rows.step;
                prepare_row(pixels + (from_d * shape_.input[1] + from_h) * shape_.input[2], row);
                continue;
            }
            for (std::size_t phase = 0; phase < phases_.size(); ++phase)
                std::fill_n(row + static_cast<std::int64_t>(phase) * size_[0] * size_[1] * row_, row_, 0.0F);
        }
    }
}

}  // namespace espalier::kernels
