#include <algorithm>
#include <cmath>

#include "kernels/conv_f32_panel/conv_f32_panel.h"

namespace espalier::kernels {
namespace {

using Sizes = ConvShape::Sizes;

Sizes place(std::int64_t index, const Sizes& sizes) {
    return {index / (sizes[1] * sizes[2]), index / sizes[2] % sizes[1], index % sizes[2]};
}

/// The pixel that tap `tap` meets at an output; 0 in the padding.
double pixel(const ConvShape& shape, const float* channel, const Sizes& output, const Sizes& tap) {
    std::int64_t index = 0;
    for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis) {
        const std::int64_t at =
            output[axis] * shape.stride[axis] - shape.pad[axis] + tap[axis] * shape.dilation[axis];
        if (at < 0 || at >= shape.input[axis]) return 0;
        index = index * shape.input[axis] + at;
    }
    return static_cast<double>(channel[index]);
}

}  // namespace

void conv_f32_panel_reference(const ConvShape& shape, std::span<const float> w, std::span<const float> bias,
                              const float* x, const ConvFinish& finish, double* y) {
    const std::int64_t outputs = shape.groups * shape.outputs;
    for (std::int64_t image = 0; image < shape.images; ++image) {
        for (std::int64_t o = 0; o < outputs; ++o) {
            const std::int64_t first = (image * shape.groups + o / shape.outputs) * shape.channels;
            for (std::int64_t position = 0; position < shape.positions(); ++position) {
                const std::int64_t at = (image * outputs + o) * shape.positions() + position;
                const Sizes output = place(position, shape.output);
                double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
                for (std::int64_t k = 0; k < shape.columns(); ++k) {
                    const double weight =
                        static_cast<double>(w[static_cast<std::size_t>(o * shape.columns() + k)]);
                    if (weight == 0) continue;
                    const float* channel = x + (first + k / shape.taps()) * shape.pixels();
                    sum += weight * pixel(shape, channel, output, place(k % shape.taps(), shape.kernel));
                }
                if (finish.residual != nullptr) sum += static_cast<double>(finish.residual[at]);
                if (finish.function == ConvFinish::Function::swish) sum /= 1 + std::exp(-sum);
                if (finish.function == ConvFinish::Function::hard_swish)
                    sum *= std::clamp(sum / 6 + 0.5, 0.0, 1.0);
                y[at] = std::clamp(sum, static_cast<double>(finish.low), static_cast<double>(finish.high));
            }
        }
    }
}

}  // namespace espalier::kernels
