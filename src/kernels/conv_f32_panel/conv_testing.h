// What tests of convolutions share.
#pragma once

#include "kernels/conv_f32_panel/conv_shape.h"

namespace espalier::kernels::testing {

/// With padding `pad` on both sides of each axis.
inline ConvShape conv_shape(const ConvShape::Sizes& input, const ConvShape::Sizes& kernel,
                            const ConvShape::Sizes& stride = {1, 1, 1},
                            const ConvShape::Sizes& pad = {0, 0, 0},
                            const ConvShape::Sizes& dilation = {1, 1, 1}) {
    ConvShape shape{.input = input, .kernel = kernel, .stride = stride, .dilation = dilation, .pad = pad};
    for (std::size_t axis = 0; axis < ConvShape::kAxes; ++axis) {
        const std::int64_t extent = (kernel[axis] - 1) * dilation[axis] + 1;
        shape.output[axis] = (input[axis] + 2 * pad[axis] - extent) / stride[axis] + 1;
    }
    return shape;
}

}  // namespace espalier::kernels::testing
