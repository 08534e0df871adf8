// What the positions of a convolution's output read, as rows of a panel. Compiled once for each instruction
// set.
#include <algorithm>

#include "kernels/conv_i8/block_task.h"

#if defined(ESPALIER_KERNELS_CONV_I8_WINDOW_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPALIER_KERNELS_CONV_I8_WINDOW_ROWS_INL_H
#undef ESPALIER_KERNELS_CONV_I8_WINDOW_ROWS_INL_H
#else
#define ESPALIER_KERNELS_CONV_I8_WINDOW_ROWS_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace espalier::kernels {
namespace HWY_NAMESPACE {
namespace {

/// Where an output position reads: its image, and the pixel under the first tap.
struct Place {
    const std::uint8_t* image;
    ConvShape::Sizes at;
};

/// Output positions from one on, in order.
class Places {
  public:
    Places(const ByteBlock& block, std::int64_t row) : shape_(block.shape) {
        const ConvShape& s = shape_;
        image_bytes_ = s.pixels() * s.groups * s.channels;
        place_.image = block.x + row / s.positions() * image_bytes_ + block.group * s.channels;
        const std::int64_t position = row % s.positions();
        output_ = {position / (s.output[1] * s.output[2]), position / s.output[2] % s.output[1],
                   position % s.output[2]};
        find();
    }
    const Place& place() const { return place_; }
    void next() {
        for (std::size_t axis = ConvShape::kAxes; axis-- > 0;) {
            if (++output_[axis] < shape_.output[axis]) return find();
            output_[axis] = 0;
        }
        place_.image += image_bytes_;
        find();
    }

  private:
    void find() {
        for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis)
            place_.at[axis] = output_[axis] * shape_.stride[axis] - shape_.pad[axis];
    }
    const ConvShape& shape_;
    std::int64_t image_bytes_;
    ConvShape::Sizes output_{};
    Place place_{};
};

/// What lies in a row of the image under taps beside each other.
template <class T, class Put>
void pack_taps(const ConvShape& s, const Put& put, T outside, const std::uint8_t* pixels, std::int64_t left,
               T* to) {
    const std::int64_t all = s.groups * s.channels;
    if (s.groups == 1 && s.dilation[2] == 1) {
        const std::int64_t first = std::clamp<std::int64_t>(-left, 0, s.kernel[2]);
        const std::int64_t last = std::clamp<std::int64_t>(s.input[2] - left, first, s.kernel[2]);
        std::fill_n(to, first * all, outside);
        put(pixels + (left + first) * all, (last - first) * all, to + first * all);
        std::fill_n(to + last * all, (s.kernel[2] - last) * all, outside);
        return;
    }
    for (std::int64_t k = 0; k < s.kernel[2]; ++k, to += s.channels) {
        const std::int64_t x = left + k * s.dilation[2];
        if (x < 0 || x >= s.input[2]) {
            std::fill_n(to, s.channels, outside);
        } else {
            put(pixels + x * all, s.channels, to);
        }
    }
}

/// What an output position reads, tap by tap.
template <class T, class Put>
void pack_row(const ConvShape& s, const Put& put, T outside, const Place& place, T* to) {
    const std::int64_t count = s.kernel[2] * s.channels;
    for (std::int64_t i = 0; i < s.kernel[0]; ++i) {
        const std::int64_t z = place.at[0] + i * s.dilation[0];
        for (std::int64_t k = 0; k < s.kernel[1]; ++k, to += count) {
            const std::int64_t y = place.at[1] + k * s.dilation[1];
            if (z < 0 || z >= s.input[0] || y < 0 || y >= s.input[1]) {
                std::fill_n(to, count, outside);
            } else {
                const std::int64_t row = (z * s.input[1] + y) * s.input[2];
                pack_taps(s, put, outside, place.image + row * s.groups * s.channels, place.at[2], to);
            }
        }
    }
}

/// Rows of the block's panel, `step` apart. `put(from, count, to)` writes `count` channels as T, and maybe
/// more that what follows overwrites, or the slack of the row; pixels outside the image are `outside`.
template <class T, class Put>
void pack_rows(const ByteBlock& block, const Put& put, T outside, T* panel, std::int64_t step) {
    const ConvShape& s = block.shape;
    Places places(block, block.first_row);
    for (std::int64_t i = 0; i < block.rows; ++i, places.next()) {
        T* to = panel + i * step;
        if (s.taps() == 1 && s.pad == ConvShape::Sizes{}) {
            const ConvShape::Sizes& at = places.place().at;
            const std::int64_t pixel = (at[0] * s.input[1] + at[1]) * s.input[2] + at[2];
            put(places.place().image + pixel * s.groups * s.channels, s.channels, to);
        } else {
            pack_row(s, put, outside, places.place(), to);
        }
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace espalier::kernels
HWY_AFTER_NAMESPACE();

#endif
