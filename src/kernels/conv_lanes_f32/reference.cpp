#include <algorithm>

#include "kernels/conv_lanes_f32/conv_lanes_f32.h"

namespace espalier::kernels {
namespace {

/// Calls body(weight, pixel of x, pixel of y) for every product of a convolution of two axes.
template <class Body>
void for_each_product(const ConvShape& s, Body&& body) {
    for (std::int64_t row = 0; row < s.groups * s.outputs; ++row) {
        for (std::int64_t column = 0; column < s.columns(); ++column) {
            const std::int64_t channel = row / s.outputs * s.channels + column / s.taps();
            const std::int64_t ky = column % s.taps() / s.kernel[2];
            const std::int64_t kx = column % s.kernel[2];
            for (std::int64_t y = 0; y < s.output[1]; ++y) {
                for (std::int64_t x = 0; x < s.output[2]; ++x) {
                    const std::int64_t at_y = y * s.stride[1] + ky * s.dilation[1] - s.pad[1];
                    const std::int64_t at_x = x * s.stride[2] + kx * s.dilation[2] - s.pad[2];
                    if (at_y < 0 || at_y >= s.input[1] || at_x < 0 || at_x >= s.input[2]) continue;
                    body(row * s.columns() + column, channel * s.pixels() + at_y * s.input[2] + at_x,
                         row * s.positions() + y * s.output[2] + x);
                }
            }
        }
    }
}

}  // namespace

void conv_lanes_f32_reference(const ConvShape& shape, std::int64_t batch, std::span<const float> w,
                              std::span<const float> bias, const float* x, double* y) {
    for (std::int64_t row = 0; row < shape.groups * shape.outputs; ++row) {
        std::fill_n(y + row * shape.positions() * batch, shape.positions() * batch,
                    bias.empty() ? 0.0 : double{bias[static_cast<std::size_t>(row)]});
    }
    for_each_product(shape, [&](std::int64_t weight, std::int64_t from, std::int64_t to) {
        const double value = w[static_cast<std::size_t>(weight)];
        for (std::int64_t n = 0; n < batch; ++n) y[to * batch + n] += value * double{x[from * batch + n]};
    });
}

void conv_lanes_f32_gradients_reference(const ConvShape& shape, std::int64_t batch, std::span<const float> w,
                                        const float* x, const float* dz, double* dx, double* dw) {
    std::fill_n(dx, shape.groups * shape.channels * shape.pixels() * batch, 0.0);
    std::fill_n(dw, w.size(), 0.0);
    for_each_product(shape, [&](std::int64_t weight, std::int64_t from, std::int64_t to) {
        const double value = w[static_cast<std::size_t>(weight)];
        for (std::int64_t n = 0; n < batch; ++n) {
            dx[from * batch + n] += value * double{dz[to * batch + n]};
            dw[weight] += double{x[from * batch + n]} * double{dz[to * batch + n]};
        }
    });
}

}  // namespace espalier::kernels
