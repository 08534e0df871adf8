// What the tests of dense convolutions with the batch in lanes share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/conv_lanes_f32/conv_lanes_f32.h"
#include "kernels/past_caches.h"
#include "kernels/testing.h"

namespace espalier::kernels::testing {

/// One algorithm: y, dx and dw.
struct DenseLanesConv {
    void (*forward)(const ConvShape&, std::int64_t batch, const float* w, const float* bias, const float* x,
                    float* y, int threads);
    void (*input_gradient)(const ConvShape&, std::int64_t batch, const float* w, const float* dy, float* dx,
                           int threads);
    void (*weight_gradient)(const ConvShape&, std::int64_t batch, const float* x, const float* dy, float* dw,
                            int threads);
    double rounding;  // of a sum, by the root of its terms, which are products of values below 1
};

inline std::size_t floats(std::int64_t count) { return static_cast<std::size_t>(count); }

inline void expect_near(const float* got, const std::vector<double>& expected, double rounding,
                        std::int64_t terms) {
    const double most = rounding * std::sqrt(static_cast<double>(terms) + 1);
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(got[i], expected[i], most) << "at " << i;
}

/// Against plain loops in double. Tensors begin at a line if 3 divides the batch.
inline void check_against_reference(const DenseLanesConv& conv, const ConvShape& shape, std::int64_t batch,
                                    int threads) {
    constexpr float kUnwritten = std::numeric_limits<float>::quiet_NaN();
    const std::size_t misaligned = floats(batch % 3);
    const auto w = random_values(floats(shape.outputs * shape.columns()), "w");
    const auto bias = random_values(floats(shape.outputs), "bias");
    Buffer x(random_values(floats(shape.channels * shape.pixels() * batch), "x"), misaligned);
    Buffer dy(random_values(floats(shape.outputs * shape.positions() * batch), "dy"), misaligned);
    std::vector<double> expected(floats(shape.outputs * shape.positions() * batch));
    conv_lanes_f32_reference(shape, batch, w, bias, x.data(), expected.data());
    Buffer y(expected.size(), misaligned, kUnwritten);
    conv.forward(shape, batch, w.data(), bias.data(), x.data(), y.data(), threads);
    ASSERT_TRUE(y.guards_untouched());
    ASSERT_NO_FATAL_FAILURE(expect_near(y.data(), expected, conv.rounding, shape.columns()));

    std::vector<double> expected_dx(floats(shape.channels * shape.pixels() * batch));
    std::vector<double> expected_dw(w.size());
    conv_lanes_f32_gradients_reference(shape, batch, w, x.data(), dy.data(), expected_dx.data(),
                                       expected_dw.data());
    Buffer dx(expected_dx.size(), misaligned, kUnwritten);
    conv.input_gradient(shape, batch, w.data(), dy.data(), dx.data(), threads);
    ASSERT_TRUE(dx.guards_untouched());
    ASSERT_NO_FATAL_FAILURE(expect_near(dx.data(), expected_dx, conv.rounding, shape.outputs * shape.taps()));

    Buffer dw(w.size(), misaligned, kUnwritten);
    conv.weight_gradient(shape, batch, x.data(), dy.data(), dw.data(), threads);
    ASSERT_TRUE(dw.guards_untouched());
    expect_near(dw.data(), expected_dw, conv.rounding, batch * shape.positions());
}

/// On outputs so large that they are written past the caches.
inline void check_past_caches(const DenseLanesConv& conv, const ConvShape& shape) {
    constexpr std::int64_t kBatch = 96;
    static_assert(kBatch % 3 == 0, "begins at a line");
    ASSERT_TRUE(goes_past_caches(nullptr, shape.channels * shape.pixels() * kBatch, kBatch));
    check_against_reference(conv, shape, kBatch, 3);
}

/// The same bytes with 1 and 3 threads, and of a sample alone.
inline void check_threads_and_neighbours(const DenseLanesConv& conv, const ConvShape& shape) {
    constexpr std::int64_t kBatch = 24;
    const auto w = random_values(floats(shape.outputs * shape.columns()), "w");
    const auto x = random_values(floats(shape.channels * shape.pixels() * kBatch), "x");
    const auto dy = random_values(floats(shape.outputs * shape.positions() * kBatch), "dy");
    std::vector<float> y[2], dx[2], dw[2];
    for (int i = 0; i < 2; ++i) {
        y[i].resize(dy.size());
        dx[i].resize(x.size());
        dw[i].resize(w.size());
        conv.forward(shape, kBatch, w.data(), nullptr, x.data(), y[i].data(), 1 + 2 * i);
        conv.input_gradient(shape, kBatch, w.data(), dy.data(), dx[i].data(), 1 + 2 * i);
        conv.weight_gradient(shape, kBatch, x.data(), dy.data(), dw[i].data(), 1 + 2 * i);
    }
    EXPECT_EQ(y[0], y[1]);
    EXPECT_EQ(dx[0], dx[1]);
    EXPECT_EQ(dw[0], dw[1]);
    // The last sample, alone.
    std::vector<float> alone, written(dy.size() / kBatch);
    for (std::size_t i = kBatch - 1; i < x.size(); i += kBatch) alone.push_back(x[i]);
    conv.forward(shape, 1, w.data(), nullptr, alone.data(), written.data(), 1);
    for (std::size_t i = 0; i < written.size(); ++i) ASSERT_EQ(written[i], y[0][(i + 1) * kBatch - 1]) << i;
}

}  // namespace espalier::kernels::testing
