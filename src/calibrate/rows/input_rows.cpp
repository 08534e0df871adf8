#include "calibrate/rows/input_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/threads/parallel.h"
#include "espalier/error.h"

namespace espalier::calibrate {

InputRows::InputRows(const Node& node, const Shape& weight, const Tensor& x, ColumnOrder order)
    : order_(order) {
    const auto refuse = [&](const std::string& why) {
        throw Unsupported(fmt::format("{}: {}; --keep leaves its weight whole", describe(node), why));
    };
    if (x.dtype() != DType::f32)
        refuse(fmt::format("calibration reads inputs of f32, and this one is {}", name_of(x.dtype())));
    x_ = x.f32().data();
    const Shape& shape = x.shape();
    if (node.op == "Conv") {
        is_conv_ = true;
        lies_in_rows_ = false;
        const std::vector<std::int64_t> kernel(weight.begin() + 2, weight.end());
        const Window window = Window::of(node, kernel.size(), kernel).on(std::span(shape).subspan(2));
        for (std::size_t axis = 0; axis < kernel.size(); ++axis)
            places_[3 - kernel.size() + axis] = window.placements(axis, shape[2 + axis]);
        axes_ = volume_axes(window.axes);
        image_ = volume_of(shape);
        taps_ = volume_of(weight);
        groups_ = node.attribute_int("group", 1);
        all_channels_ = shape[1];
        channels_ = weight[1];
        width_ = channels_ * positions_in(taps_);
        count_ = shape[0] * positions_in(places_);
        return;
    }
    if (node.op != "Gemm" && node.op != "MatMul")
        refuse(fmt::format("calibration knows the inputs of Conv, Gemm and MatMul, not of {}", node.op));
    if (weight.size() != 2)
        refuse(
            fmt::format("calibration takes weights of 2 dimensions, and this one is {}", to_string(weight)));
    if (node.op == "Gemm" && node.attribute_int("transA", 0) != 0) {
        lies_in_rows_ = false;
        width_ = shape[0];
        count_ = shape[1];
        return;
    }
    width_ = shape.empty() ? 1 : shape.back();
    count_ = width_ == 0 ? 0 : x.count() / width_;
}

void InputRows::copy(std::int64_t group, std::int64_t first, std::int64_t count, float* to,
                     int threads) const {
    if (lies_in_rows_) {
        std::memcpy(to, x_ + first * width_, static_cast<std::size_t>(count * width_) * sizeof(float));
        return;
    }
    parallel_for(count, threads, [&](std::int64_t begin, std::int64_t end) {
        if (is_conv_) return copy_windows(group, first + begin, end - begin, to + begin * width_);
        for (std::int64_t row = begin; row < end; ++row) {
            for (std::int64_t col = 0; col < width_; ++col)
                to[row * width_ + col] = x_[col * count_ + first + row];
        }
    });
}

void InputRows::copy_windows(std::int64_t group, std::int64_t first, std::int64_t count, float* to) const {
    const std::int64_t per_image = positions_in(places_);
    const std::int64_t plane = positions_in(image_);
    const std::int64_t window = positions_in(taps_);
    const std::int64_t tap_step = order_ == ColumnOrder::as_stored ? 1 : channels_;
    const std::int64_t channel_step = order_ == ColumnOrder::as_stored ? window : 1;
    std::fill_n(to, count * width_, 0.0F);
    for (std::int64_t row = first; row < first + count; ++row, to += width_) {
        const std::int64_t place = row % per_image;
        const Volume at{place / (places_[1] * places_[2]), place / places_[2] % places_[1],
                        place % places_[2]};
        const float* const channels = x_ + (row / per_image * all_channels_ + group * channels_) * plane;
        Taps::at(axes_, image_, at).visit(axes_, image_, [&](const Volume& tap, std::int64_t from) {
            float* const column = to + offset_in(taps_, tap) * tap_step;
            for (std::int64_t c = 0; c < channels_; ++c)
                column[c * channel_step] = channels[c * plane + from];
        });
    }
}

}  // namespace espalier::calibrate
