#include <algorithm>
#include <cmath>

#include "kernels/conv_i8/conv_i8.h"

namespace espalier::kernels {
namespace {

std::int64_t sum_at(const ConvShape& s, const std::int16_t* w, const std::uint8_t* x,
                    const ByteQuantum& quantum, std::int64_t image, std::int64_t position,
                    std::int64_t first_channel) {
    const ConvShape::Sizes at = {position / (s.output[1] * s.output[2]), position / s.output[2] % s.output[1],
                                 position % s.output[2]};
    std::int64_t sum = 0;
    for (std::int64_t tap = 0; tap < s.taps(); ++tap) {
        const ConvShape::Sizes k = {tap / (s.kernel[1] * s.kernel[2]), tap / s.kernel[2] % s.kernel[1],
                                    tap % s.kernel[2]};
        std::int64_t pixel = image;
        bool inside = true;
        for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis) {
            const std::int64_t place = at[axis] * s.stride[axis] + k[axis] * s.dilation[axis] - s.pad[axis];
            inside &= place >= 0 && place < s.input[axis];
            pixel = pixel * s.input[axis] + place;
        }
        for (std::int64_t c = 0; inside && c < s.channels; ++c) {
            const std::uint8_t byte = x[pixel * s.groups * s.channels + first_channel + c];
            const std::int64_t value = quantum.is_signed ? static_cast<std::int8_t>(byte) : byte;
            sum += (value - quantum.zero) * w[tap * s.channels + c];
        }
    }
    return sum;
}

}  // namespace

void conv_i8_reference(const ConvShape& shape, std::span<const std::int16_t> w, const std::uint8_t* x,
                       const ByteQuantum& quantum, void* y, const ByteFinish& finish) {
    const std::int64_t outputs = shape.groups * shape.outputs;
    for (std::int64_t row = 0; row < shape.images * shape.positions(); ++row) {
        for (std::int64_t o = 0; o < outputs; ++o) {
            const std::int64_t sum =
                sum_at(shape, w.data() + o * shape.columns(), x, quantum, row / shape.positions(),
                       row % shape.positions(), o / shape.outputs * shape.channels);
            const double value =
                std::clamp<double>(static_cast<double>(sum) * static_cast<double>(finish.scale[o]) +
                                       static_cast<double>(finish.shift[o]),
                                   static_cast<double>(finish.low), static_cast<double>(finish.high));
            const std::int64_t at = row * outputs + o;
            if (!finish.bytes) {
                static_cast<float*>(y)[at] = static_cast<float>(value);
            } else {
                const auto q = static_cast<std::int32_t>(std::nearbyint(value)) + finish.y.zero;
                static_cast<std::uint8_t*>(y)[at] =
                    static_cast<std::uint8_t>(std::clamp(q, finish.y.least(), finish.y.most()));
            }
        }
    }
}

}  // namespace espalier::kernels
