// Instruction sets x windows x sizes x densities, against the reference of sparse convolutions in double.
#include "kernels/depthwise_f32/depthwise_f32.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/conv_f32_panel/conv_testing.h"
#include "kernels/instruction_set.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;
using testing::conv_shape;
using testing::expect_sums_near;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct DepthwiseProblem {
    ConvShape shape;
    double density = 0.5;
    bool skips_zeros = true;

    std::size_t outputs() const { return static_cast<std::size_t>(shape.groups * shape.outputs); }
    std::size_t results() const {
        return static_cast<std::size_t>(shape.images * shape.positions()) * outputs();
    }

    std::vector<float> w =
        testing::sparse_values(outputs() * static_cast<std::size_t>(shape.taps()), density, "w");
    std::vector<float> bias = testing::random_values(outputs(), "bias");
    std::vector<float> x =
        testing::random_values(static_cast<std::size_t>(shape.images * shape.groups * shape.pixels()), "x");
    std::vector<float> residual = testing::random_values(results(), "residual");

    std::vector<double> expected(const ConvFinish& finish) const {
        std::vector<double> y(results());
        conv_f32_panel_reference(shape, w, bias, x.data(), finish, y.data());
        return y;
    }

    /// `y` holds the residual where it is added in place.
    void run(Buffer& y, const ConvFinish& finish, int threads, std::size_t misaligned = 0) const {
        const DepthwiseF32 kernel(shape, DepthwiseTaps(shape, w, bias, skips_zeros), threads);
        Buffer in(x, misaligned);
        Buffer scratch(kernel.scratch_bytes() / sizeof(float), 0, kNaN);
        kernel.run(in.data(), y.data(), finish, reinterpret_cast<std::byte*>(scratch.data()));
        EXPECT_TRUE(scratch.guards_untouched());
    }
};

void expect_as_reference(const DepthwiseProblem& problem, const ConvFinish& finish,
                         std::size_t misaligned = 0) {
    Buffer y(problem.results(), misaligned, kNaN);
    problem.run(y, finish, 1, misaligned);
    expect_sums_near(y, problem.expected(finish), static_cast<double>(problem.shape.taps()));
}

class DepthwiseF32Test : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(DepthwiseF32Test, AnyWindow) {
    ASSERT_EQ(depthwise_f32_instruction_set(), GetParam());
    for (const std::int64_t size : {1, 2, 3, 7, 8, 14, 28, 41}) {
        for (const std::int64_t kernel : {1, 2, 3, 5}) {
            for (const std::int64_t stride : {1, 2, 3}) {
                for (const std::int64_t dilation : {1, 2}) {
                    const std::int64_t pad = kernel / 2;
                    if (size + 2 * pad < (kernel - 1) * dilation + 1) continue;
                    ConvShape shape = conv_shape({1, size + 1, size}, {1, kernel, kernel},
                                                 {1, stride, stride}, {0, pad, pad}, {1, dilation, dilation});
                    shape.images = 2;
                    shape.groups = 3;
                    SCOPED_TRACE(::testing::Message() << size << ' ' << kernel << " stride " << stride
                                                      << " dilation " << dilation);
                    expect_as_reference({shape}, {});
                }
            }
        }
    }
}

/// Rows of one vector to several passes, and as many of them as registers hold, less and more.
TEST_P(DepthwiseF32Test, AnyHeightAndWidth) {
    for (const std::int64_t width : {1, 5, 16, 17, 33, 47, 64, 65, 112, 130, 300}) {
        for (const std::int64_t height : {1, 2, 3, 4, 5, 7, 9, 13}) {
            ConvShape shape = conv_shape({1, height, width}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
            shape.groups = 2;
            SCOPED_TRACE(::testing::Message() << height << " x " << width);
            expect_as_reference({shape, 1.0, false}, {.low = 0});
        }
    }
}

TEST_P(DepthwiseF32Test, AnyAxesAndOutputs) {
    for (ConvShape shape : {
             conv_shape({1, 1, 100}, {1, 1, 5}, {1, 1, 2}, {0, 0, 2}),
             conv_shape({5, 6, 7}, {3, 3, 3}, {2, 1, 2}, {1, 1, 1}),
             conv_shape({4, 9, 8}, {2, 1, 3}, {1, 2, 1}, {0, 0, 2}, {2, 1, 2}),
             conv_shape({3, 2, 1}, {1, 1, 1}),
         }) {
        shape.groups = 4;
        for (const std::int64_t outputs : {1, 2, 3}) {
            shape.outputs = outputs;
            expect_as_reference({shape}, {});
        }
    }
}

TEST_P(DepthwiseF32Test, AddsAndClamps) {
    for (const std::int64_t size : {3, 7, 8, 19}) {
        ConvShape shape = conv_shape({1, size, size}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
        shape.groups = 5;
        const DepthwiseProblem problem{shape, 0.7};
        for (const ConvFinish& finish : testing::finishes_with(problem.residual.data())) {
            expect_as_reference(problem, finish);
            if (finish.residual == nullptr) continue;
            Buffer y(problem.residual, 0);
            ConvFinish in_place = finish;
            in_place.residual = y.data();
            problem.run(y, in_place, 2);
            expect_sums_near(y, problem.expected(finish), 9);
        }
    }
}

TEST_P(DepthwiseF32Test, ThreadsDoNotChangeABit) {
    ConvShape shape = conv_shape({1, 17, 19}, {1, 3, 3}, {1, 2, 2}, {0, 1, 1});
    shape.images = 2;
    shape.groups = 30;
    const DepthwiseProblem problem{shape};
    Buffer one(problem.results(), 0, kNaN);
    problem.run(one, {.low = 0}, 1);
    for (const int threads : {2, 3, 8}) {
        Buffer many(problem.results(), 0, kNaN);
        problem.run(many, {.low = 0}, threads);
        for (std::size_t i = 0; i < problem.results(); ++i) ASSERT_EQ(one.data()[i], many.data()[i]);
    }
}

TEST_P(DepthwiseF32Test, AnyAlignmentServes) {
    ConvShape shape = conv_shape({1, 12, 11}, {1, 3, 3});
    shape.groups = 3;
    for (std::size_t misaligned = 0; misaligned < 16; ++misaligned)
        expect_as_reference({shape}, {.low = 0}, misaligned);
}

TEST_P(DepthwiseF32Test, ZerosAreSkippedWhereAskedFor) {
    const ConvShape shape = conv_shape({1, 4, 8}, {1, 1, 1});
    for (const bool skips : {true, false}) {
        DepthwiseProblem problem{shape, 1.0, skips};
        problem.w = {0};
        problem.bias = {1};
        problem.x.assign(problem.x.size(), std::numeric_limits<float>::infinity());
        Buffer y(problem.results(), 0, kNaN);
        problem.run(y, {}, 1);
        for (std::size_t i = 0; i < problem.results(); ++i)
            EXPECT_TRUE(skips ? y.data()[i] == 1 : std::isnan(y.data()[i]));
    }
}

INSTANTIATE_TEST_SUITE_P(Every, DepthwiseF32Test, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
