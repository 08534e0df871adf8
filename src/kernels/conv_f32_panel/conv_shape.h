// The sizes of a convolution, and how its input lies where panels are packed from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

namespace espalier::kernels {

/// Images [images][groups * channels][depth][height][width]; the leading axes of images with fewer are 1.
struct ConvShape {
    static constexpr std::size_t kAxes = 3;
    using Sizes = std::array<std::int64_t, kAxes>;

    std::int64_t images = 1;
    std::int64_t groups = 1;
    std::int64_t channels = 1;  // of a group
    std::int64_t outputs = 1;   // of a group
    Sizes input{1, 1, 1};
    Sizes output{1, 1, 1};
    Sizes kernel{1, 1, 1};
    Sizes stride{1, 1, 1};
    Sizes dilation{1, 1, 1};
    Sizes pad{0, 0, 0};  // before the image; behind it as much as the output needs

    std::int64_t pixels() const { return input[0] * input[1] * input[2]; }
    std::int64_t positions() const { return output[0] * output[1] * output[2]; }
    std::int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
    /// Weights of one output.
    std::int64_t columns() const { return channels * taps(); }
};

/// A channel with its padding, rows cut into phases: phase f of a row holds its pixels f, f + stride, ... So
/// the pixels that one weight meets from output to output in a row lie beside each other, whatever the
/// stride. Rows and planes that a window of one row strides over are left out. A convolution that needs none
/// of this reads the images where they are.
class ConvInput {
  public:
    /// Rows are as long as a multiple of `line` floats; of a convolution that is not in place.
    explicit ConvInput(const ConvShape& shape, std::int64_t line = 1);

    bool is_in_place() const { return in_place_; }
    /// All places of a channel hold pixels: there is no padding.
    bool is_filled() const;
    /// Floats of a channel.
    std::int64_t channel() const { return std::ssize(phases_) * size_[0] * size_[1] * row_; }
    /// From where output `position` of a channel's plane reads for a weight at offset 0.
    std::int64_t source(const ConvShape::Sizes& position) const {
        return position[0] * steps_[0] + position[1] * steps_[1] + position[2];
    }
    /// Where weight `column` of an output reads, relative to that, in a group's channels.
    std::int64_t offset(std::int64_t column) const {
        return column / taps() * channel() + tap_offsets_[static_cast<std::size_t>(column % taps())];
    }
    /// Of one phase, from row to row.
    std::int64_t row() const { return row_; }
    /// Rows with their padding, along depth and height.
    const std::array<std::int64_t, 2>& rows() const { return size_; }
    /// Where pixels lie along an axis: at the places from `first` on, before `last`, every `step`-th,
    /// beginning with pixel `pixel`.
    struct Run {
        std::int64_t pixel, first, last, step;
    };
    /// Of each phase, along a row.
    std::span<const Run> phases() const { return phases_; }
    /// Rows of the image, along depth and height.
    const std::array<Run, 2>& image_rows() const { return image_rows_; }
    /// Writes a channel with its padding; unless is_in_place().
    void prepare(const float* pixels, float* channel) const noexcept;

  private:
    std::int64_t taps() const { return static_cast<std::int64_t>(tap_offsets_.size()); }
    void prepare_row(const float* pixels, float* row) const noexcept;

    ConvShape shape_;
    bool in_place_ = false;
    std::vector<Run> phases_;
    std::array<Run, 2> image_rows_{};
    std::array<std::int64_t, 2> size_{1, 1};   // depth and height with padding
    std::int64_t row_ = 1;                     // pixels of one phase of a row
    std::array<std::int64_t, 2> steps_{0, 0};  // from output to output along depth and height
    std::vector<std::int64_t> tap_offsets_;
};

}  // namespace espalier::kernels
