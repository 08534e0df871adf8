// The input of a convolution as planes in which every weight of a window is an offset. What an element is, a
// number of a channel or those of several channels, is the kernel's.
//
// A channel is cut into phases along each axis, those of its pixels that are a stride apart, so that outputs
// that are neighbours read neighbours. Rows of all phases are `pitch` apart, with enough zeros between them
// for what the window meets outside the image; output (y, x) is position y * pitch + x, and positions whose x
// is not an output's are computed in vain. With a window of 3 and rows of 14 the pitch is 15.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/conv_f32_panel/conv_shape.h"

namespace espalier::kernels {

class ConvPlanes {
  public:
    explicit ConvPlanes(const ConvShape& shape);

    /// Whether positions are the pixels of the image, all of them.
    bool is_plain() const { return plain_; }
    /// From the first output to behind the last one.
    std::int64_t positions() const { return positions_; }
    /// Elements of a channel.
    std::int64_t channel() const { return phases_ * plane_; }
    /// Of position 0 in phase 0 of a channel; what lies before it is read as padding.
    std::int64_t start() const { return lead_; }
    /// Where weight `column` of an output reads, relative to position 0 of channel 0.
    std::int64_t offset(std::int64_t column) const {
        return column / taps() * channel() + tap_offsets_[static_cast<std::size_t>(column % taps())];
    }
    /// A bit for each of the 32 positions from 32 * `word` on: whether it is an output's.
    std::uint32_t valid(std::int64_t word) const { return valid_[static_cast<std::size_t>(word)]; }
    /// Outputs before these.
    std::int64_t outputs_before(std::int64_t word) const { return before_[static_cast<std::size_t>(word)]; }

    /// A row of `count` pixels of the image, and where in a channel those of phase 0, 1, ... of that row go.
    struct Row {
        std::int64_t pixel;  // the first one, in the channel
        std::int64_t place;  // of the phase 0 of the last axis
    };
    const std::vector<Row>& rows() const { return rows_; }
    std::int64_t row_pixels() const { return shape_.input[2]; }
    std::int64_t row_stride() const { return shape_.stride[2]; }
    /// From phase to phase of the last axis.
    std::int64_t plane() const { return plane_; }

  private:
    std::int64_t taps() const { return static_cast<std::int64_t>(tap_offsets_.size()); }
    void find_positions();

    ConvShape shape_;
    bool plain_ = false;
    std::int64_t phases_ = 1;
    ConvShape::Sizes pitch_{1, 1, 1};  // positions along each axis
    std::int64_t lead_ = 0;
    std::int64_t plane_ = 0;  // elements of a phase
    std::int64_t positions_ = 0;
    std::vector<std::int64_t> tap_offsets_;
    std::vector<Row> rows_;
    std::vector<std::uint32_t> valid_;
    std::vector<std::int64_t> before_;
};

}  // namespace espalier::kernels
