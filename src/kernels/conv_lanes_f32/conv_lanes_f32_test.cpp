// Instruction sets x shapes x densities x batches x tilings x threads, against the reference in double.
#include "kernels/conv_lanes_f32/conv_lanes_f32.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "kernels/instruction_set.h"
#include "kernels/past_caches.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;

constexpr float kUnwritten = std::numeric_limits<float>::quiet_NaN();

ConvShape shape_of(std::int64_t groups, std::int64_t channels, std::int64_t outputs,
                   std::array<std::int64_t, 2> image, std::array<std::int64_t, 2> kernel, std::int64_t stride,
                   std::int64_t dilation, std::int64_t pad) {
    ConvShape s{.images = 1,
                .groups = groups,
                .channels = channels,
                .outputs = outputs,
                .input = {1, image[0], image[1]},
                .output = {1, 1, 1},
                .kernel = {1, kernel[0], kernel[1]},
                .stride = {1, stride, stride},
                .dilation = {1, dilation, dilation},
                .pad = {0, pad, pad}};
    for (std::size_t axis : {1, 2})
        s.output[axis] = (s.input[axis] + 2 * pad - dilation * (s.kernel[axis] - 1) - 1) / stride + 1;
    return s;
}

std::vector<ConvShape> shapes() {
    return {
        shape_of(1, 3, 5, {7, 9}, {3, 3}, 1, 1, 1),     shape_of(1, 17, 6, {8, 8}, {3, 3}, 2, 1, 1),
        shape_of(1, 9, 11, {6, 5}, {1, 1}, 1, 1, 0),    shape_of(1, 5, 4, {9, 8}, {1, 1}, 2, 1, 0),
        shape_of(2, 4, 3, {5, 12}, {3, 3}, 1, 1, 0),    shape_of(1, 3, 2, {11, 10}, {3, 3}, 1, 2, 2),
        shape_of(1, 40, 3, {2, 2}, {3, 3}, 1, 1, 1),    shape_of(1, 2, 3, {13, 11}, {5, 3}, 3, 1, 2),
        shape_of(1, 70, 20, {1, 1}, {1, 1}, 1, 1, 0),   shape_of(1, 3, 4, {16, 5}, {3, 3}, 1, 1, 1),
        shape_of(1, 3, 4, {15, 15}, {3, 3}, 1, 13, 13),  // reaches too far for a tile as high as the image
    };
}

/// Weights of `density`, and the pattern of those that are not zero.
struct Weights {
    std::vector<float> dense, bias;
    RowPattern pattern;

    Weights(const ConvShape& shape, double density)
        : dense(testing::sparse_values(
              static_cast<std::size_t>(shape.groups * shape.outputs * shape.columns()), density, "w")),
          bias(testing::random_values(static_cast<std::size_t>(shape.groups * shape.outputs), "bias")) {
        pattern.columns = shape.columns();
        for (std::int64_t row = 0; row < shape.groups * shape.outputs; ++row) {
            for (std::int64_t column = 0; column < pattern.columns; ++column) {
                if (dense[static_cast<std::size_t>(row * pattern.columns + column)] != 0)
                    pattern.at.push_back(static_cast<std::uint32_t>(column));
            }
            pattern.starts.push_back(static_cast<std::uint32_t>(pattern.at.size()));
        }
    }

    /// The kept values in row order.
    std::vector<float> kept() const {
        std::vector<float> out;
        for (const float value : dense) {
            if (value != 0) out.push_back(value);
        }
        return out;
    }
    std::vector<float> for_stencil(const LaneStencil& stencil) const {
        const std::vector<float> values = kept();
        std::vector<float> out;
        for (const std::uint32_t i : stencil.weights()) out.push_back(values[i]);
        return out;
    }
};

std::size_t floats_of(const ConvShape& s, std::int64_t batch, bool output) {
    return static_cast<std::size_t>(s.groups * batch *
                                    (output ? s.outputs * s.positions() : s.channels * s.pixels()));
}

/// Sums of up to `terms` products of values below 1.
void expect_near(const float* got, const std::vector<double>& expected, std::int64_t terms) {
    const double most = 1e-6 * std::sqrt(static_cast<double>(terms) + 1) * 4;
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(got[i], expected[i], most) << "at " << i;
}

LaneStencil::Tiling::Reading reading_of(const ConvShape& s) {
    const auto beyond = [&](std::size_t axis) {
        return ((s.kernel[axis] - 1) * s.dilation[axis] + s.stride[axis] - 1) / s.stride[axis];
    };
    return {s.groups * s.channels * s.stride[1] * s.stride[2], beyond(1), beyond(2)};
}

class ConvLanesF32 : public ::testing::TestWithParam<std::string> {
  protected:
    void check(const ConvShape& shape, double density, std::int64_t batch, const LaneStencil::Tiling& tiling,
               int threads) {
        const Weights w(shape, density);
        const std::size_t misaligned = static_cast<std::size_t>(batch % 3);
        Buffer x(testing::random_values(floats_of(shape, batch, false), "x"), misaligned);
        Buffer dz(testing::random_values(floats_of(shape, batch, true), "dz"), misaligned);
        std::vector<double> expected(floats_of(shape, batch, true));
        conv_lanes_f32_reference(shape, batch, w.dense, w.bias, x.data(), expected.data());
        const LaneStencil forward = LaneStencil::forward(shape, w.pattern, tiling);
        Buffer y(expected.size(), misaligned, kUnwritten);
        conv_lanes_f32(forward, batch, w.for_stencil(forward).data(), w.bias.data(), x.data(), y.data(),
                       threads);
        ASSERT_TRUE(y.guards_untouched());
        expect_near(y.data(), expected, shape.columns());

        std::vector<double> expected_dx(floats_of(shape, batch, false));
        std::vector<double> expected_dw(w.dense.size());
        conv_lanes_f32_gradients_reference(shape, batch, w.dense, x.data(), dz.data(), expected_dx.data(),
                                           expected_dw.data());
        const LaneStencil backward = LaneStencil::backward(shape, w.pattern, tiling);
        Buffer dx(expected_dx.size(), misaligned, kUnwritten);
        conv_lanes_f32(backward, batch, w.for_stencil(backward).data(), nullptr, dz.data(), dx.data(),
                       threads);
        ASSERT_TRUE(dx.guards_untouched());
        expect_near(dx.data(), expected_dx, shape.outputs * shape.taps());

        Buffer dw(w.pattern.at.size(), misaligned, kUnwritten);
        sample_lanes_f32(forward, batch, x.data(), dz.data(), dw.data(), threads);
        ASSERT_TRUE(dw.guards_untouched());
        std::vector<double> sampled;
        for (std::size_t i = 0; i < w.dense.size(); ++i) {
            if (w.dense[i] != 0) sampled.push_back(expected_dw[i]);
        }
        expect_near(dw.data(), sampled, batch * shape.positions());

        Buffer dx_too(expected_dx.size(), misaligned, kUnwritten);
        Buffer dw_too(w.pattern.at.size(), misaligned, kUnwritten);
        gradients_lanes_f32(backward, batch, w.for_stencil(backward).data(), dz.data(), x.data(),
                            dx_too.data(), dw_too.data(), threads);
        ASSERT_TRUE(dx_too.guards_untouched() && dw_too.guards_untouched());
        for (std::size_t i = 0; i < expected_dx.size(); ++i) ASSERT_EQ(dx_too.data()[i], dx.data()[i]) << i;
        expect_near(dw_too.data(), sampled, batch * shape.positions());
    }

    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(ConvLanesF32, MatchesTheReference) {
    ASSERT_EQ(conv_lanes_f32_instruction_set(), GetParam());
    for (const ConvShape& shape : shapes()) {
        for (const double density : {0.0, 0.1, 1.0}) {
            for (const std::int64_t batch : {1, 8, 21, 64}) {
                const auto tiling =
                    LaneStencil::Tiling::of(shape.output[1], shape.output[2], batch, reading_of(shape));
                ASSERT_NO_FATAL_FAILURE(check(shape, density, batch, tiling, batch == 21 ? 3 : 1))
                    << "batch " << batch << " density " << density << " image " << shape.input[1] << "x"
                    << shape.input[2] << " kernel " << shape.kernel[1] << " stride " << shape.stride[1];
            }
        }
    }
}

TEST_P(ConvLanesF32, WithEveryTiling) {
    const ConvShape shape = shapes().front();
    for (const std::int64_t lanes : {8, 16, 32, 64}) {
        for (const std::int64_t rows : {1, 2, 5}) {
            for (const std::int64_t bytes : {1, 8 << 10, 1 << 18}) {
                ASSERT_NO_FATAL_FAILURE(
                    check(shape, 0.5, 40, {.lanes = lanes, .rows = rows, .block_bytes = bytes}, 1))
                    << lanes << " lanes, " << rows << " rows, " << bytes;
            }
        }
    }
}

TEST_P(ConvLanesF32, PastTheCaches) {
    constexpr std::int64_t kBatch = 96;
    static_assert(kBatch % 3 == 0, "check() aligns it");
    for (const std::int64_t stride : {1, 2}) {
        const ConvShape shape = shape_of(1, 5, 5, {43, 45}, {3, 3}, stride, 1, 1);
        ASSERT_TRUE(goes_past_caches(nullptr, shape.channels * shape.pixels() * kBatch, kBatch));
        for (const std::int64_t bytes : {8 << 10, 1 << 18}) {
            ASSERT_NO_FATAL_FAILURE(
                check(shape, 0.1, kBatch, {.lanes = 16, .rows = 4, .block_bytes = bytes}, 3))
                << "stride " << stride << ", " << bytes;
        }
    }
    // Tiles of half lines go through the caches.
    const ConvShape shape = shape_of(1, 5, 5, {43, 45}, {3, 3}, 1, 1, 1);
    for (const std::int64_t lanes : {8, 32, 64}) {
        for (const std::int64_t bytes : {8 << 10, 1 << 18}) {
            ASSERT_NO_FATAL_FAILURE(
                check(shape, 0.1, kBatch, {.lanes = lanes, .rows = 4, .block_bytes = bytes}, 1))
                << lanes << " lanes, " << bytes;
        }
    }
}

TEST_P(ConvLanesF32, DoesNotDependOnThreads) {
    const ConvShape shape = shapes()[1];
    const Weights w(shape, 0.3);
    const auto x = testing::random_values(floats_of(shape, 24, false), "x");
    const auto dz = testing::random_values(floats_of(shape, 24, true), "dz");
    const LaneStencil stencil = LaneStencil::forward(shape, w.pattern, {});
    const std::vector<float> values = w.for_stencil(stencil);
    const LaneStencil backward = LaneStencil::backward(shape, w.pattern, {});
    const std::vector<float> back = w.for_stencil(backward);
    std::vector<float> y[2], dx[2], dw[2], both_dw[2];
    for (int i = 0; i < 2; ++i) {
        y[i].resize(dz.size());
        dw[i].resize(w.pattern.at.size());
        conv_lanes_f32(stencil, 24, values.data(), w.bias.data(), x.data(), y[i].data(), 1 + 2 * i);
        sample_lanes_f32(stencil, 24, x.data(), dz.data(), dw[i].data(), 1 + 2 * i);
        dx[i].resize(x.size());
        both_dw[i].resize(w.pattern.at.size());
        gradients_lanes_f32(backward, 24, back.data(), dz.data(), x.data(), dx[i].data(), both_dw[i].data(),
                            1 + 2 * i);
    }
    EXPECT_EQ(y[0], y[1]);
    EXPECT_EQ(dw[0], dw[1]);
    EXPECT_EQ(dx[0], dx[1]);
    EXPECT_EQ(both_dw[0], both_dw[1]);
}

TEST(LaneStencil, RefusesWhatItCannotDo) {
    ConvShape shape = shapes().front();
    const Weights w(shape, 0.5);
    shape.outputs += 1;
    EXPECT_THROW(LaneStencil::forward(shape, w.pattern, {}), InvalidArgument);
    const ConvShape far = shape_of(1, 1, 1, {9000, 9000}, {2, 2}, 1, 2000, 0);
    EXPECT_THROW(LaneStencil::forward(far, Weights(far, 1).pattern, {}), Unsupported);
}

INSTANTIATE_TEST_SUITE_P(Every, ConvLanesF32, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
