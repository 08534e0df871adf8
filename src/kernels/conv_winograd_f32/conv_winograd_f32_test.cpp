// Instruction sets x shapes x batches x threads, against plain loops in double.
#include "kernels/conv_winograd_f32/conv_winograd_f32.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/conv_lanes_f32/conv_lanes_f32.h"
#include "kernels/instruction_set.h"
#include "kernels/past_caches.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;

constexpr float kUnwritten = std::numeric_limits<float>::quiet_NaN();

ConvShape shape_of(std::int64_t channels, std::int64_t outputs, std::array<std::int64_t, 2> image,
                   std::array<std::int64_t, 2> before, std::array<std::int64_t, 2> behind) {
    return {.images = 1,
            .groups = 1,
            .channels = channels,
            .outputs = outputs,
            .input = {1, image[0], image[1]},
            .output = {1, image[0] + before[0] + behind[0] - 2, image[1] + before[1] + behind[1] - 2},
            .kernel = {1, 3, 3},
            .pad = {0, before[0], before[1]}};
}

std::vector<ConvShape> shapes() {
    return {
        shape_of(3, 5, {7, 9}, {1, 1}, {1, 1}),     shape_of(17, 6, {8, 8}, {1, 1}, {1, 1}),
        shape_of(1, 1, {4, 6}, {0, 0}, {0, 0}),     shape_of(4, 8, {5, 4}, {2, 0}, {1, 2}),
        shape_of(40, 3, {2, 2}, {1, 1}, {1, 1}),    shape_of(2, 70, {1, 3}, {1, 1}, {1, 1}),
        shape_of(130, 131, {2, 3}, {1, 1}, {1, 1}),  // gradients in parts
    };
}

std::size_t floats(std::int64_t count) { return static_cast<std::size_t>(count); }

/// Sums of `terms` products of values below 1, and of as many that the transforms make of them.
void expect_near(const float* got, const std::vector<double>& expected, std::int64_t terms) {
    const double most = 1e-6 * std::sqrt(static_cast<double>(terms) + 1) * 8;
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(got[i], expected[i], most) << "at " << i;
}

class ConvWinogradF32 : public ::testing::TestWithParam<std::string> {
  protected:
    void check(const ConvShape& shape, std::int64_t batch, int threads) {
        const std::size_t misaligned = floats(batch % 3);
        const auto w = testing::random_values(floats(shape.outputs * shape.columns()), "w");
        const auto bias = testing::random_values(floats(shape.outputs), "bias");
        Buffer x(testing::random_values(floats(shape.channels * shape.pixels() * batch), "x"), misaligned);
        Buffer dy(testing::random_values(floats(shape.outputs * shape.positions() * batch), "dy"),
                  misaligned);
        std::vector<double> expected(floats(shape.outputs * shape.positions() * batch));
        conv_lanes_f32_reference(shape, batch, w, bias, x.data(), expected.data());
        Buffer y(expected.size(), misaligned, kUnwritten);
        conv_winograd_f32(shape, batch, w.data(), bias.data(), x.data(), y.data(), threads);
        ASSERT_TRUE(y.guards_untouched());
        expect_near(y.data(), expected, shape.columns());

        std::vector<double> expected_dx(floats(shape.channels * shape.pixels() * batch));
        std::vector<double> expected_dw(w.size());
        conv_lanes_f32_gradients_reference(shape, batch, w, x.data(), dy.data(), expected_dx.data(),
                                           expected_dw.data());
        Buffer dx(expected_dx.size(), misaligned, kUnwritten);
        conv_winograd_input_gradient_f32(shape, batch, w.data(), dy.data(), dx.data(), threads);
        ASSERT_TRUE(dx.guards_untouched());
        expect_near(dx.data(), expected_dx, shape.outputs * shape.taps());

        Buffer dw(w.size(), misaligned, kUnwritten);
        conv_winograd_weight_gradient_f32(shape, batch, x.data(), dy.data(), dw.data(), threads);
        ASSERT_TRUE(dw.guards_untouched());
        expect_near(dw.data(), expected_dw, batch * shape.positions());
    }

    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(ConvWinogradF32, MatchesTheReference) {
    ASSERT_EQ(conv_winograd_f32_instruction_set(), GetParam());
    for (const ConvShape& shape : shapes()) {
        ASSERT_TRUE(fits_winograd(shape));
        for (const std::int64_t batch : {1, 8, 21, 48, 128}) {
            if (batch > 21 && shape.channels > 100) continue;
            ASSERT_NO_FATAL_FAILURE(check(shape, batch, batch == 21 ? 3 : 1))
                << "batch " << batch << ", " << shape.channels << " channels of " << shape.input[1] << "x"
                << shape.input[2] << " to " << shape.outputs;
        }
    }
}

TEST_P(ConvWinogradF32, PastTheCaches) {
    constexpr std::int64_t kBatch = 96;
    static_assert(kBatch % 3 == 0, "check() aligns it");
    const ConvShape shape = shape_of(5, 5, {43, 45}, {1, 1}, {1, 1});
    ASSERT_TRUE(goes_past_caches(nullptr, shape.channels * shape.pixels() * kBatch, kBatch));
    ASSERT_NO_FATAL_FAILURE(check(shape, kBatch, 3));
}

TEST_P(ConvWinogradF32, DoesNotDependOnThreadsOrNeighbours) {
    constexpr std::int64_t kBatch = 24;
    for (const ConvShape& shape : {shapes()[1], shapes().back()}) {
        const auto w = testing::random_values(floats(shape.outputs * shape.columns()), "w");
        const auto x = testing::random_values(floats(shape.channels * shape.pixels() * kBatch), "x");
        const auto dy = testing::random_values(floats(shape.outputs * shape.positions() * kBatch), "dy");
        std::vector<float> y[2], dx[2], dw[2];
        for (int i = 0; i < 2; ++i) {
            y[i].resize(dy.size());
            dx[i].resize(x.size());
            dw[i].resize(w.size());
            conv_winograd_f32(shape, kBatch, w.data(), nullptr, x.data(), y[i].data(), 1 + 2 * i);
            conv_winograd_input_gradient_f32(shape, kBatch, w.data(), dy.data(), dx[i].data(), 1 + 2 * i);
            conv_winograd_weight_gradient_f32(shape, kBatch, x.data(), dy.data(), dw[i].data(), 1 + 2 * i);
        }
        EXPECT_EQ(y[0], y[1]);
        EXPECT_EQ(dx[0], dx[1]);
        EXPECT_EQ(dw[0], dw[1]);
        // The last sample, alone.
        std::vector<float> alone, written(dy.size() / kBatch);
        for (std::size_t i = kBatch - 1; i < x.size(); i += kBatch) alone.push_back(x[i]);
        conv_winograd_f32(shape, 1, w.data(), nullptr, alone.data(), written.data(), 1);
        for (std::size_t i = 0; i < written.size(); ++i)
            ASSERT_EQ(written[i], y[0][(i + 1) * kBatch - 1]) << i;
    }
}

TEST(Winograd, SaysWhatItCannotDo) {
    const ConvShape good = shape_of(3, 4, {8, 8}, {1, 1}, {1, 1});
    const auto changed = [&](auto change) {
        ConvShape shape = good;
        change(shape);
        return fits_winograd(shape);
    };
    EXPECT_TRUE(fits_winograd(good));
    EXPECT_FALSE(changed([](ConvShape& s) { s.groups = 3; }));
    EXPECT_FALSE(changed([](ConvShape& s) { s.kernel[1] = 5; }));
    EXPECT_FALSE(changed([](ConvShape& s) { s.stride[2] = 2; }));
    EXPECT_FALSE(changed([](ConvShape& s) { s.dilation[1] = 2; }));
    EXPECT_FALSE(fits_winograd(shape_of(3, 4, {8, 8}, {3, 1}, {0, 1})));
    EXPECT_FALSE(fits_winograd(shape_of(3, 4, {8, 8}, {1, 1}, {3, 1})));
}

INSTANTIATE_TEST_SUITE_P(Every, ConvWinogradF32, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
