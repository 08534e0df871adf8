// What a dense convolution reads for each pixel that it writes: the columns of its matrix of filters.
#pragma once

#include <array>
#include <vector>

#include "kernels/lane_images.h"

namespace espalier::kernels {

class LaneColumns {
  public:
    /// Along y and x: pixels first, first + step, ... of an image.
    struct Grid {
        std::array<std::int64_t, 2> first, step, count;

        std::int64_t places() const { return count[0] * count[1]; }
    };
    /// Reads pixel place * step + at of a channel.
    struct Tap {
        std::int64_t channel;
        std::array<std::int64_t, 2> at;
        std::int64_t weight;  // of the first filter
    };

    /// y of x.
    static LaneColumns forward(const ConvShape& shape, std::int64_t batch);
    /// dx of dy: one for each phase.
    static std::vector<LaneColumns> backward(const ConvShape& shape, std::int64_t batch);

    const LaneImages& read() const { return read_; }
    const LaneImages& written() const { return written_; }
    const Grid& grid() const { return grid_; }
    const std::array<std::int64_t, 2>& step() const { return step_; }
    const std::vector<Tap>& taps() const { return taps_; }
    /// What the taps reach from a place, along y and x.
    const std::array<std::int64_t, 2>& first() const { return first_; }
    const std::array<std::int64_t, 2>& last() const { return last_; }
    /// The filters, four beside one another: [block of 4][tap][4], zeros for those that do not exist.
    std::vector<float> filters(const float* w) const;

  private:
    LaneColumns(const LaneImages& read, const LaneImages& written, const Grid& grid,
                const std::array<std::int64_t, 2>& step, std::vector<Tap> taps, std::int64_t filter);

    LaneImages read_, written_;
    Grid grid_;
    std::array<std::int64_t, 2> step_;
    std::vector<Tap> taps_;
    std::int64_t filter_;  // weights from one filter to the next
    std::array<std::int64_t, 2> first_{}, last_{};
};

}  // namespace espalier::kernels
