#include "calibrate/rows/input_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "graph/spatial/transposed_window.h"

namespace espalier::calibrate {

InputRows::InputRows(const Tensor& rows)
    : x_(rows.f32().data()), groups_(rows.shape()[0]), count_(rows.shape()[1]), width_(rows.shape()[2]) {}

InputRows::InputRows(const Node& node, const Shape& weight, const Tensor& x, ColumnOrder order,
                     std::size_t input)
    : order_(order) {
    const auto refuse = [&](const std::string& why) {
        throw Unsupported(fmt::format("{}: {}; --keep leaves its weight whole", describe(node), why));
    };
    if (x.dtype() != DType::f32)
        refuse(fmt::format("calibration reads inputs of f32, and this one is {}", name_of(x.dtype())));
    x_ = x.f32().data();
    const Shape& shape = x.shape();
    const bool is_recurrent = node.op == "LSTM" || node.op == "GRU" || node.op == "RNN";
    if (node.op == "Conv") {
        set_windows(node, weight, shape);
        return;
    }
    if (node.op == "ConvTranspose") {
        set_spread(node, weight, shape);
        return;
    }
    if (!is_recurrent && node.op != "Gemm" && node.op != "MatMul")
        refuse(fmt::format("calibration does not know the inputs of {}", node.op));
    if (!is_recurrent && weight.size() != 2)
        refuse(
            fmt::format("calibration takes weights of 2 dimensions, and this one is {}", to_string(weight)));
    const bool is_right = input == 0;  // and the weight on the left
    const bool is_turned = node.op == "Gemm" && node.attribute_int(is_right ? "transB" : "transA", 0) != 0;
    if (is_right != is_turned) {
        const bool is_vector = shape.size() < 2;
        set_columns(is_vector ? x.count() : shape[shape.size() - 2], is_vector ? 1 : shape.back(), x);
        return;
    }
    width_ = shape.empty() ? 1 : shape.back();
    count_ = width_ == 0 ? 0 : x.count() / width_;
}

void InputRows::set_columns(std::int64_t width, std::int64_t each, const Tensor& x) {
    form_ = Form::columns;
    width_ = width;
    columns_ = each;
    count_ = width == 0 ? 0 : x.count() / width;
}

void InputRows::set_windows(const Node& node, const Shape& weight, const Shape& x) {
    form_ = Form::windows;
    const std::vector<std::int64_t> kernel(weight.begin() + 2, weight.end());
    const Window window = Window::of(node, kernel.size(), kernel).on(std::span(x).subspan(2));
    for (std::size_t axis = 0; axis < kernel.size(); ++axis)
        places_[3 - kernel.size() + axis] = window.placements(axis, x[2 + axis]);
    axes_ = volume_axes(window.axes);
    image_ = volume_of(x);
    taps_ = volume_of(weight);
    groups_ = node.attribute_int("group", 1);
    all_channels_ = x[1];
    channels_ = weight[1];
    width_ = channels_ * positions_in(taps_);
    count_ = x[0] * positions_in(places_);
}

void InputRows::set_spread(const Node& node, const Shape& weight, const Shape& x) {
    form_ = Form::spread;
    const std::vector<std::int64_t> kernel(weight.begin() + 2, weight.end());
    std::vector<WindowAxis> axes;
    for (const TransposedAxis& axis : transposed_window(node, kernel, {x.begin() + 2, x.end()})) {
        places_[3 - kernel.size() + axes.size()] = axis.size;
        axes.push_back(axis.window);
    }
    axes_ = volume_axes(axes);
    image_ = volume_of(x);
    taps_ = volume_of(weight);
    groups_ = node.attribute_int("group", 1);
    all_channels_ = x[1];
    channels_ = x[1] / groups_;
    width_ = channels_ * positions_in(taps_);
    count_ = x[0] * positions_in(places_);
}

void InputRows::copy(std::int64_t group, std::int64_t first, std::int64_t count, float* to,
                     int threads) const {
    if (const float* const rows = in_place(group, first)) {
        std::memcpy(to, rows, static_cast<std::size_t>(count * width_) * sizeof(float));
        return;
    }
    parallel_for(count, threads, [&](std::int64_t begin, std::int64_t end) {
        float* const rows = to + begin * width_;
        if (form_ == Form::windows) return copy_windows(group, first + begin, end - begin, rows);
        if (form_ == Form::spread) return copy_spread(group, first + begin, end - begin, rows);
        for (std::int64_t i = 0; i < end - begin; ++i) {
            const std::int64_t row = first + begin + i;
            const float* const matrix = x_ + row / columns_ * (width_ * columns_);
            for (std::int64_t col = 0; col < width_; ++col)
                rows[i * width_ + col] = matrix[col * columns_ + row % columns_];
        }
    });
}

template <class Visit>
void InputRows::each_place(std::int64_t group, std::int64_t first, std::int64_t count, float* to,
                           const Visit& visit) const {
    const std::int64_t per_image = positions_in(places_);
    std::fill_n(to, count * width_, 0.0F);
    for (std::int64_t row = first; row < first + count; ++row, to += width_) {
        const std::int64_t place = row % per_image;
        const Volume at{place / (places_[1] * places_[2]), place / places_[2] % places_[1],
                        place % places_[2]};
        visit(x_ + (row / per_image * all_channels_ + group * channels_) * positions_in(image_), at, to);
    }
}

void InputRows::copy_windows(std::int64_t group, std::int64_t first, std::int64_t count, float* to) const {
    const std::int64_t plane = positions_in(image_);
    const std::int64_t window = positions_in(taps_);
    const std::int64_t tap_step = order_ == ColumnOrder::as_stored ? 1 : channels_;
    const std::int64_t channel_step = order_ == ColumnOrder::as_stored ? window : 1;
    each_place(group, first, count, to, [&](const float* channels, const Volume& at, float* columns) {
        Taps::at(axes_, image_, at).visit(axes_, image_, [&](const Volume& tap, std::int64_t from) {
            float* const column = columns + offset_in(taps_, tap) * tap_step;
            for (std::int64_t c = 0; c < channels_; ++c)
                column[c * channel_step] = channels[c * plane + from];
        });
    });
}

/// An output at p sees through tap t the input at (p + padding - t * dilation) / stride, where there is one.
void InputRows::copy_spread(std::int64_t group, std::int64_t first, std::int64_t count, float* to) const {
    const std::int64_t plane = positions_in(image_);
    const std::int64_t window = positions_in(taps_);
    const std::int64_t tap_step = order_ == ColumnOrder::as_stored ? 1 : channels_;
    const std::int64_t channel_step = order_ == ColumnOrder::as_stored ? window : 1;
    each_place(group, first, count, to, [&](const float* channels, const Volume& at, float* columns) {
        places(taps_, [&](const Volume& tap) {
            std::int64_t from = 0;
            for (std::size_t axis = 0; axis < 3; ++axis) {
                const std::int64_t reach =
                    at[axis] + axes_[axis].pad_begin - tap[axis] * axes_[axis].dilation;
                const std::int64_t place = reach / axes_[axis].stride;
                if (reach < 0 || reach % axes_[axis].stride != 0 || place >= image_[axis]) return;
                from = from * image_[axis] + place;
            }
            float* const column = columns + offset_in(taps_, tap) * tap_step;
            for (std::int64_t c = 0; c < channels_; ++c)
                column[c * channel_step] = channels[c * plane + from];
        });
    });
}

}  // namespace espalier::calibrate
