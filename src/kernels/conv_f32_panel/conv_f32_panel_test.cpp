// Instruction sets x windows x sizes x densities, against the reference in double.
#include "kernels/conv_f32_panel/conv_f32_panel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "espalier/error.h"
#include "kernels/conv_f32_panel/conv_testing.h"
#include "kernels/instruction_set.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;
using testing::conv_shape;
using testing::expect_sums_near;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Problem {
    ConvShape shape;
    double density;
    std::int64_t block = 128;
    int unit = 1;
    int parts = 1;

    std::size_t inputs() const {
        return static_cast<std::size_t>(shape.images * shape.groups * shape.channels * shape.pixels());
    }
    std::size_t results() const {
        return static_cast<std::size_t>(shape.images * shape.groups * shape.outputs * shape.positions());
    }
    std::size_t rows() const { return static_cast<std::size_t>(shape.groups * shape.outputs); }

    std::vector<float> w =
        testing::sparse_values(rows() * static_cast<std::size_t>(shape.columns()), density, "w");
    std::vector<float> bias = testing::random_values(rows(), "bias");
    std::vector<float> x = testing::random_values(inputs(), "x");
    std::vector<float> residual = testing::random_values(results(), "residual");

    std::vector<double> expected(const ConvFinish& finish) const {
        std::vector<double> y(results());
        conv_f32_panel_reference(shape, w, bias, x.data(), finish, y.data());
        return y;
    }

    ConvF32Panel kernel(int threads) const {
        std::vector<std::shared_ptr<const PackedRows>> groups;
        const auto outputs = static_cast<std::size_t>(shape.outputs);
        const auto columns = static_cast<std::size_t>(shape.columns());
        for (std::size_t group = 0; group < static_cast<std::size_t>(shape.groups); ++group) {
            groups.push_back(std::make_shared<const PackedRows>(
                shape.outputs, shape.columns(),
                std::span(w).subspan(group * outputs * columns, outputs * columns),
                std::span(bias).subspan(group * outputs, outputs),
                PackedRows::Blocking{.block_columns = block, .parts = parts, .unit = unit}));
        }
        return {shape, std::move(groups), threads, ConvF32Panel::best_lanes(unit)};
    }

    /// `y` holds the residual where it is added in place.
    void run(Buffer& y, const ConvFinish& finish, int threads, std::size_t misaligned = 0) const {
        const ConvF32Panel made = kernel(threads);
        Buffer in(x, misaligned);
        Buffer scratch((made.scratch_bytes() + sizeof(float) - 1) / sizeof(float), 0, kNaN);
        made.run(in.data(), y.data(), finish, reinterpret_cast<std::byte*>(scratch.data()));
        EXPECT_TRUE(scratch.guards_untouched());
    }
};

void expect_as_reference(const Problem& problem, const ConvFinish& finish, std::size_t misaligned = 0) {
    const auto expected = problem.expected(finish);
    for (const auto& [unit, parts] : {std::pair{1, 1}, {4, 1}, {1, 3}, {4, 2}}) {
        if (parts > 1 && problem.shape.groups > 1) continue;
        Problem packed = problem;
        packed.unit = unit;
        packed.parts = parts;
        SCOPED_TRACE(::testing::Message() << "rows in units of " << unit << " in " << parts << " parts");
        Buffer y(problem.results(), misaligned, kNaN);
        packed.run(y, finish, 1, misaligned);
        expect_sums_near(y, expected, static_cast<double>(problem.shape.columns()));
    }
}

class ConvF32PanelTest : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(ConvF32PanelTest, AnyWindow) {
    ASSERT_EQ(conv_f32_panel_instruction_set(), GetParam());
    for (const std::int64_t size : {1, 3, 7, 8, 11, 14, 28}) {
        for (const std::int64_t kernel : {1, 2, 3, 5}) {
            for (const std::int64_t stride : {1, 2, 3}) {
                for (const std::int64_t pad : {0, 1, 2}) {
                    for (const std::int64_t dilation : {1, 2}) {
                        if (size + 2 * pad < (kernel - 1) * dilation + 1) continue;
                        ConvShape shape =
                            conv_shape({1, size, size + 1}, {1, kernel, kernel}, {1, stride, stride},
                                       {0, pad, pad}, {1, dilation, dilation});
                        shape.channels = 3;
                        shape.outputs = 5;
                        SCOPED_TRACE(::testing::Message() << size << ' ' << kernel << " stride " << stride
                                                          << " pad " << pad << " dilation " << dilation);
                        expect_as_reference({shape, 0.4}, {});
                    }
                }
            }
        }
    }
}

TEST_P(ConvF32PanelTest, AnyAxes) {
    const std::vector<ConvShape> shapes = {
        conv_shape({1, 1, 100}, {1, 1, 5}, {1, 1, 2}, {0, 0, 2}),
        conv_shape({5, 6, 7}, {3, 3, 3}, {2, 1, 2}, {1, 1, 1}),
        conv_shape({4, 9, 8}, {2, 1, 3}, {1, 2, 1}, {0, 0, 2}, {2, 1, 2}),
        conv_shape({1, 9, 9}, {1, 1, 1}, {1, 2, 2}),  // of which rows and columns are left out
        conv_shape({1, 20, 5}, {1, 7, 1}, {1, 3, 1}, {0, 3, 0}),
    };
    for (ConvShape shape : shapes) {
        shape.images = 2;
        shape.channels = 4;
        shape.outputs = 9;
        expect_as_reference({shape, 0.3}, {});
    }
}

TEST_P(ConvF32PanelTest, GroupsDensitiesAndBlocks) {
    ConvShape shape = conv_shape({1, 13, 10}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
    shape.images = 3;
    shape.groups = 2;
    shape.channels = 12;
    shape.outputs = 11;
    for (const double density : {0.0, 0.02, 0.5, 1.0}) {
        for (const std::int64_t block : {1, 9, 50, 107, 108, 4096})
            expect_as_reference({shape, density, block}, {});
    }
}

TEST_P(ConvF32PanelTest, AddsAndClamps) {
    for (const std::int64_t size : {7, 8, 16, 19}) {  // 49, 64, 256 and 361 positions
        ConvShape shape = conv_shape({1, size, size}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
        shape.images = 2;
        shape.channels = 6;
        shape.outputs = 7;
        Problem problem{shape, 0.3};
        for (const ConvFinish& finish : testing::finishes_with(problem.residual.data())) {
            expect_as_reference(problem, finish);
            if (finish.residual == nullptr) continue;
            Buffer y(problem.residual, 0);
            ConvFinish in_place = finish;
            in_place.residual = y.data();
            problem.run(y, in_place, 2);
            expect_sums_near(y, problem.expected(finish), 54);
        }
    }
}

/// Sums of some hundreds: e^-x is more than f32 holds.
TEST_P(ConvF32PanelTest, LargeSumsAreGatedToo) {
    ConvShape shape = conv_shape({1, 9, 9}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
    shape.channels = 6;
    shape.outputs = 7;
    Problem problem{shape, 0.5};
    for (std::size_t i = 0; i < problem.x.size(); ++i) problem.x[i] *= 1000;
    const ConvFinish swish = {.function = ConvFinish::Function::swish};
    Buffer y(problem.results(), 0, kNaN);
    problem.run(y, swish, 1);
    expect_sums_near(y, problem.expected(swish), 54e6);
}

TEST_P(ConvF32PanelTest, ThreadsDoNotChangeABit) {
    ConvShape shape = conv_shape({1, 17, 19}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
    shape.images = 2;
    shape.channels = 30;
    shape.outputs = 40;
    Problem problem{shape, 0.1};
    Buffer one(problem.results(), 0, kNaN);
    problem.run(one, {.low = 0}, 1);
    for (const int threads : {2, 3, 8}) {
        for (const int parts : {1, 2, 8}) {
            problem.parts = parts;
            Buffer many(problem.results(), 0, kNaN);
            problem.run(many, {.low = 0}, threads);
            for (std::size_t i = 0; i < problem.results(); ++i) ASSERT_EQ(one.data()[i], many.data()[i]);
        }
    }
}

TEST(ConvF32Panel, FewPanelsAreSharedByParts) {
    const auto parts = [](std::int64_t size, int threads, std::int64_t outputs = 512, int unit = 1) {
        ConvShape shape = conv_shape({1, size, size}, {1, 1, 1});
        shape.outputs = outputs;
        return ConvF32Panel::parts_for(shape, threads, unit);
    };
    EXPECT_EQ(parts(7, 1), 1);
    EXPECT_EQ(parts(7, 2), 2);   // one panel
    EXPECT_EQ(parts(14, 2), 1);  // four panels, of 104 and 92 positions
    EXPECT_EQ(parts(14, 8), 2);
    EXPECT_EQ(parts(28, 2), 1);
    EXPECT_EQ(parts(56, 4), 1);
    EXPECT_EQ(parts(7, 4), 4);
    EXPECT_EQ(parts(7, 4, 64), 2);  // parts of fewer than 32 rows would be packed for more than multiplied
    EXPECT_EQ(parts(7, 4, 40), 1);
    // Panels of weights in blocks are as wide as the registers: 196 positions are shared evenly in vectors of
    // 8, and not in those of 16.
    const std::vector<std::string> sets = instruction_sets();
    for (const auto& [name, expected] : {std::pair{"avx2", 1}, std::pair{"avx3", 2}}) {
        if (std::ranges::find(sets, name) == sets.end()) continue;
        const ForcedInstructionSet forced(name);
        EXPECT_EQ(parts(14, 2, 512, 4), expected) << name;
    }
}

TEST(PanelDivision, IsEvenOrFull) {
    const auto sizes = [](const PanelDivision& panels) {
        std::vector<std::int64_t> all;
        for (std::int64_t panel = 0; panel < panels.count(); ++panel) all.push_back(panels.size(panel));
        return all;
    };
    using Sizes = std::vector<std::int64_t>;
    EXPECT_EQ(sizes({196, 64, 8, true}), (Sizes{48, 48, 48, 52}));
    EXPECT_EQ(sizes({196, 64, 16, true}), (Sizes{48, 48, 48, 52}));
    EXPECT_EQ(sizes({196, 64, 8, false}), (Sizes{64, 64, 64, 4}));
    EXPECT_EQ(sizes({784, 64, 8, true}), Sizes(14, 56));
    EXPECT_EQ(sizes({49, 64, 8, true}), Sizes{49});
    EXPECT_EQ(sizes({1, 64, 8, true}), Sizes{1});
    EXPECT_EQ(sizes({129, 64, 8, true}), (Sizes{32, 32, 32, 33}));
    EXPECT_EQ(sizes({0, 64, 8, true}), Sizes{});
    EXPECT_EQ(sizes({33, 16, 16, true}), (Sizes{16, 16, 1}));  // a panel more would be empty
}

TEST(PanelDivision, ThreadsShareASmallLastPanelLast) {
    EXPECT_EQ(PanelDivision(784, 48, 8, false).busiest(1, 2), 8 * 48 + 16);  // 16 panels and 16 positions
    EXPECT_EQ(PanelDivision(784, 64, 8, true).busiest(1, 2), 7 * 56);
    EXPECT_EQ(PanelDivision(784, 64, 8, true).busiest(1, 4), 4 * 56);
    EXPECT_EQ(PanelDivision(160, 64, 8, false).busiest(1, 2), 2 * 64);  // 64, 64 and 32
    EXPECT_EQ(PanelDivision(49, 64, 8, true).busiest(2, 2), 49);
    EXPECT_EQ(PanelDivision(137, 64, 8, true).busiest(1, 4), 40);  // of 32, 40, 32 and 33
    EXPECT_EQ(PanelDivision(0, 64, 8, true).busiest(1, 2), 0);
}

TEST_P(ConvF32PanelTest, AnyAlignmentServes) {
    ConvShape shape = conv_shape({1, 12, 12}, {1, 1, 1});
    shape.channels = 8;
    shape.outputs = 6;
    for (std::size_t misaligned = 0; misaligned < 16; ++misaligned)
        expect_as_reference({shape, 0.4}, {.low = 0}, misaligned);
}

TEST_P(ConvF32PanelTest, ZerosAreSkipped) {
    ConvShape shape = conv_shape({1, 8, 8}, {1, 1, 1});
    shape.channels = 2;
    Problem problem{shape, 1.0};
    problem.w = {0, 2};
    problem.bias = {1};
    for (std::size_t i = 0; i < 64; ++i) problem.x[i] = std::numeric_limits<float>::infinity();
    expect_as_reference(problem, {});
}

TEST(ConvF32Panel, RefusesWeightsOfAnotherSize) {
    ConvShape shape = conv_shape({1, 8, 8}, {1, 3, 3});
    shape.channels = 2;
    const Problem problem{shape, 1.0};
    ConvShape other = shape;
    other.channels = 3;
    const auto w = std::make_shared<const PackedRows>(1, 18, problem.w, problem.bias, PackedRows::Blocking{});
    EXPECT_NO_THROW(ConvF32Panel(shape, {w}, 1, 64));
    EXPECT_THROW(ConvF32Panel(other, {w}, 1, 64), InvalidArgument);
    EXPECT_THROW(ConvF32Panel(shape, {w, w}, 1, 64), InvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Every, ConvF32PanelTest, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
