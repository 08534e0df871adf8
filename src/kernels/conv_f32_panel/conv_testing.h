// What tests of convolutions share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/conv_f32_panel/conv_f32_panel.h"
#include "kernels/testing.h"

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

/// Sums of so many terms in f32, and nothing written beside them.
inline void expect_sums_near(Buffer& got, const std::vector<double>& expected, double terms) {
    EXPECT_TRUE(got.guards_untouched());
    const double tolerance = 1e-6 * std::sqrt(terms + 1);
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(static_cast<double>(got.data()[i]), expected[i], tolerance) << "at " << i;
}

/// One of each kind.
inline std::vector<ConvFinish> finishes_with(const float* residual) {
    return {
        {.low = 0},
        {.low = -0.5F, .high = 0.25F},
        {.residual = residual},
        {.residual = residual, .low = 0},
        {.function = ConvFinish::Function::swish},
        {.residual = residual, .function = ConvFinish::Function::hard_swish},
    };
}

}  // namespace espalier::kernels::testing
