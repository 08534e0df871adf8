#include "kernels/conv_bf16_groups/conv_bf16_groups.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::random_values;
using Form = ConvBf16Groups::Form;

struct Case {
    std::string name;
    ConvShape shape;
    double density = 0.1;
};

std::vector<Case> cases() {
    return {
        {"1x1", {.images = 2, .channels = 70, .outputs = 48, .input = {1, 7, 9}, .output = {1, 7, 9}}},
        {"1x1 of whole spans",
         {.channels = 33, .outputs = 64, .input = {1, 8, 16}, .output = {1, 8, 16}},
         0.5},
        {"few positions", {.channels = 300, .outputs = 32, .input = {1, 1, 5}, .output = {1, 1, 5}}, 0.7},
        {"3x3",
         {.images = 2,
          .channels = 20,
          .outputs = 40,
          .input = {1, 9, 14},
          .output = {1, 9, 14},
          .kernel = {1, 3, 3},
          .pad = {0, 1, 1}}},
        {"3x3 strided",
         {.channels = 12,
          .outputs = 32,
          .input = {1, 15, 11},
          .output = {1, 8, 6},
          .kernel = {1, 3, 3},
          .stride = {1, 2, 2},
          .pad = {0, 1, 1}}},
        {"1x1 strided",
         {.channels = 40, .outputs = 33, .input = {1, 14, 14}, .output = {1, 7, 7}, .stride = {1, 2, 2}}},
        {"7x7 strided",
         {.channels = 3,
          .outputs = 16,
          .input = {1, 30, 31},
          .output = {1, 15, 16},
          .kernel = {1, 7, 7},
          .stride = {1, 2, 2},
          .pad = {0, 3, 3}},
         0.4},
        {"dilated",
         {.channels = 9,
          .outputs = 32,
          .input = {1, 13, 13},
          .output = {1, 13, 13},
          .kernel = {1, 3, 3},
          .dilation = {1, 2, 2},
          .pad = {0, 2, 2}},
         0.3},
        {"much padding",
         {.channels = 5,
          .outputs = 16,
          .input = {1, 3, 4},
          .output = {1, 7, 8},
          .kernel = {1, 3, 3},
          .pad = {0, 3, 3}},
         0.6},
        {"no padding",
         {.channels = 8, .outputs = 20, .input = {1, 8, 8}, .output = {1, 6, 4}, .kernel = {1, 3, 5}},
         0.3},
        {"groups",
         {.groups = 3,
          .channels = 10,
          .outputs = 32,
          .input = {1, 6, 6},
          .output = {1, 6, 6},
          .kernel = {1, 3, 3},
          .pad = {0, 1, 1}},
         0.3},
        {"of a sound",
         {.channels = 16,
          .outputs = 32,
          .input = {1, 1, 50},
          .output = {1, 1, 25},
          .kernel = {1, 1, 5},
          .stride = {1, 1, 2},
          .pad = {0, 0, 2}},
         0.2},
        {"of a film",
         {.channels = 4,
          .outputs = 32,
          .input = {4, 5, 6},
          .output = {2, 5, 6},
          .kernel = {3, 3, 3},
          .stride = {2, 1, 1},
          .pad = {1, 1, 1}},
         0.2},
        {"nothing left", {.channels = 32, .outputs = 32, .input = {1, 4, 4}, .output = {1, 4, 4}}, 0.0},
    };
}

std::vector<float> in_bf16(std::vector<float> values) {
    for (float& value : values) value = from_bf16(to_bf16(value));
    return values;
}

/// [channels][positions] of each image to [positions][channels].
std::vector<float> channels_last(const std::vector<float>& values, std::int64_t images,
                                 std::int64_t channels) {
    std::vector<float> out(values.size());
    const std::int64_t positions = std::ssize(values) / images / channels;
    for (std::int64_t i = 0; i < std::ssize(values); ++i) {
        const std::int64_t image = i / (channels * positions), c = i / positions % channels,
                           p = i % positions;
        out[static_cast<std::size_t>((image * positions + p) * channels + c)] =
            values[static_cast<std::size_t>(i)];
    }
    return out;
}

/// Numbers in memory as a form has them, behind the last of which there is no memory that may be read.
class Memory {
  public:
    Memory(const std::vector<float>& values, bool bf16)
        : bf16_(bf16), bytes_(values.size() * (bf16 ? 2 : 4)) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (bf16) {
                reinterpret_cast<std::uint16_t*>(bytes_.data())[i] = to_bf16(values[i]);
            } else {
                reinterpret_cast<float*>(bytes_.data())[i] = values[i];
            }
        }
    }
    void* data() { return bytes_.data(); }
    float at(std::size_t i) const {
        return bf16_ ? from_bf16(reinterpret_cast<const std::uint16_t*>(bytes_.data())[i])
                     : reinterpret_cast<const float*>(bytes_.data())[i];
    }

  private:
    bool bf16_;
    std::vector<std::byte> bytes_;
};

struct Problem {
    Problem(const Case& of, int unit) : shape(of.shape) {
        const std::int64_t outputs = shape.groups * shape.outputs;
        for (std::int64_t group = 0; group < shape.groups; ++group) {
            const auto part = testing::blocks_of_rows(
                static_cast<std::size_t>(shape.outputs), static_cast<std::size_t>(shape.columns()),
                static_cast<std::size_t>(unit), of.density, "w" + std::to_string(group));
            w.insert(w.end(), part.begin(), part.end());
        }
        w = in_bf16(w);
        bias = random_values(static_cast<std::size_t>(outputs), "bias");
        x = in_bf16(random_values(
            static_cast<std::size_t>(shape.images * shape.groups * shape.channels * shape.pixels()), "x"));
        residual = in_bf16(
            random_values(static_cast<std::size_t>(shape.images * outputs * shape.positions()), "residual"));
        for (std::int64_t group = 0; group < shape.groups; ++group) {
            const auto rows = static_cast<std::size_t>(shape.outputs);
            const auto columns = static_cast<std::size_t>(shape.columns());
            const auto first = static_cast<std::size_t>(group) * rows;
            tiles.push_back(std::make_shared<GroupTiles>(
                shape.outputs, shape.columns(), std::span(w).subspan(first * columns, rows * columns),
                std::span(bias).subspan(first, rows), unit));
        }
    }

    ConvShape shape;
    std::vector<float> w, bias, x, residual;
    std::vector<std::shared_ptr<const GroupTiles>> tiles;
};

void expect_reference(const Problem& problem, const Form& form, Bf16Unit unit, const GroupFinish& finish,
                      bool with_residual, int threads = 1) {
    const ConvShape& shape = problem.shape;
    const std::int64_t outputs = shape.groups * shape.outputs;
    std::vector<double> expected(problem.residual.size());
    const ConvFinish plain{with_residual ? problem.residual.data() : nullptr, finish.function, finish.low,
                           finish.high};
    conv_f32_panel_reference(shape, problem.w, problem.bias, problem.x.data(), plain, expected.data());

    const auto ordered = [&](const std::vector<float>& values, std::int64_t channels) {
        return form.channels_last ? channels_last(values, shape.images, channels) : values;
    };
    Memory x(ordered(problem.x, shape.groups * shape.channels), form.x_bf16);
    Memory residual(ordered(problem.residual, outputs), form.y_bf16);
    Memory y(std::vector<float>(expected.size(), -99.0F), form.y_bf16);
    GroupFinish own = finish;
    if (with_residual) own.residual = residual.data();
    const ConvBf16Groups kernel(shape, problem.tiles, form, unit, threads);
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    std::vector<Line> scratch(kernel.scratch_bytes() / 64 + 1);
    kernel.run(x.data(), y.data(), own, scratch.front().bytes);

    const std::vector<float> order = ordered(std::vector<float>(expected.begin(), expected.end()), outputs);
    double worst = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const double wanted = static_cast<double>(order[i]);
        const double allowed = 2e-5 + (form.y_bf16 ? std::abs(wanted) / 256 : 0);
        worst = std::max(worst, std::abs(static_cast<double>(y.at(i)) - wanted) / allowed);
    }
    EXPECT_LE(worst, 1) << name_of(unit) << " in groups of " << problem.tiles.front()->unit()
                        << (form.channels_last ? ", channels last" : "") << (form.x_bf16 ? ", x bf16" : "")
                        << (form.y_bf16 ? ", y bf16" : "") << (with_residual ? ", residual" : "");
}

class ConvBf16GroupsTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (bf16_units().empty()) GTEST_SKIP() << "this processor has no bf16";
    }
};

TEST_F(ConvBf16GroupsTest, AgreesWithTheReferenceInEveryForm) {
    for (const Bf16Unit unit : bf16_units()) {
        for (const Case& one : cases()) {
            SCOPED_TRACE(one.name);
            for (const int rows : {16, 32}) {
                const Problem problem(one, rows);
                for (int form = 0; form < 8; ++form) {
                    const Form in{
                        .channels_last = form >= 4, .x_bf16 = form / 2 % 2 == 1, .y_bf16 = form % 2 == 1};
                    expect_reference(problem, in, unit, {}, form % 3 == 1);
                }
            }
        }
    }
}

TEST_F(ConvBf16GroupsTest, FinishesSums) {
    using enum ConvFinish::Function;
    const Problem problem(cases()[3], 32);
    for (const Bf16Unit unit : bf16_units()) {
        for (const bool last : {false, true}) {
            const Form form{.channels_last = last};
            expect_reference(problem, form, unit, {.low = 0}, true);
            expect_reference(problem, form, unit, {.low = 0, .high = 6}, false);
            expect_reference(problem, form, unit, {.function = swish}, true);
            expect_reference(problem, form, unit, {.function = hard_swish}, false);
        }
    }
}

TEST_F(ConvBf16GroupsTest, ThreadsDoNotChangeTheResult) {
    const Problem problem(cases()[3], 16);
    for (const Bf16Unit unit : bf16_units()) expect_reference(problem, {}, unit, {}, true, 3);
}

TEST_F(ConvBf16GroupsTest, WhatGroupsLeaveOutIsNotRead) {
    const Case one{"", {.channels = 3, .outputs = 16, .input = {1, 1, 70}, .output = {1, 1, 70}}};
    Problem problem(one, 16);
    problem.w.assign(problem.w.size(), 0.0F);
    for (std::size_t row = 0; row < 16; ++row) problem.w[row * 3 + 1] = 1;
    problem.tiles = {std::make_shared<GroupTiles>(16, 3, problem.w, problem.bias, 16)};
    for (std::size_t i = 0; i < 70; ++i) {
        problem.x[i] = std::numeric_limits<float>::infinity();
        problem.x[140 + i] = std::numeric_limits<float>::quiet_NaN();
    }
    for (const Bf16Unit unit : bf16_units()) {
        for (const bool bf16 : {false, true}) {
            Memory x(problem.x, bf16), y(std::vector<float>(16 * 70), false);
            const ConvBf16Groups kernel(problem.shape, problem.tiles, {.x_bf16 = bf16}, unit, 1);
            std::vector<std::byte> room(kernel.scratch_bytes() + 64);
            const auto start = reinterpret_cast<std::uintptr_t>(room.data());
            kernel.run(x.data(), y.data(), {}, room.data() + (64 - start % 64));
            for (std::size_t i = 0; i < 70; ++i)
                EXPECT_NEAR(y.at(i), problem.x[70 + i] + problem.bias[0], 1e-6);
        }
    }
}

TEST(GroupTiles, HasTheColumnsOfAnyOfItsRows) {
    std::vector<float> w(20 * 40, 0.0F);
    w[0 * 40 + 3] = 1;
    w[15 * 40 + 39] = 2;
    w[19 * 40 + 7] = 3;
    const GroupTiles tiles(20, 40, w, std::vector<float>(20, 0.5F), 16);
    EXPECT_EQ(tiles.columns(), (std::vector<std::int32_t>{3, 39, 7}));
    ASSERT_EQ(tiles.groups().size(), 2U);
    EXPECT_EQ(tiles.groups()[1].columns, 1);
    EXPECT_EQ(tiles.groups()[1].first_chunk, 1);
    EXPECT_EQ(from_bf16(tiles.values()[0]), 1);
    EXPECT_EQ(from_bf16(tiles.values()[15 * 32 + 1]), 2);
    EXPECT_EQ(from_bf16(tiles.values()[512 + 3 * 32]), 3);
    EXPECT_EQ(tiles.bias()[31], 0);
}

TEST(GroupTiles, RefusesSizesThatDoNotMatch) {
    EXPECT_THROW(GroupTiles(2, 3, std::vector<float>(5), std::vector<float>(2), 16), InvalidArgument);
    EXPECT_THROW(GroupTiles(2, 3, std::vector<float>(6), std::vector<float>(2), 8), InvalidArgument);
}

TEST(GroupTiles, RoundsToTheNearestBf16) {
    EXPECT_EQ(to_bf16(1.0F), 0x3F80);
    EXPECT_EQ(to_bf16(1.0F + 1.0F / 256), 0x3F80);  // in the middle: to the even one
    EXPECT_EQ(to_bf16(1.0F + 3.0F / 256), 0x3F82);
    EXPECT_EQ(to_bf16(-1.0F - 1.01F / 256), 0xBF81);
    EXPECT_EQ(to_bf16(std::numeric_limits<float>::infinity()), 0x7F80);
    EXPECT_TRUE(std::isnan(from_bf16(to_bf16(std::bit_cast<float>(0x7F800001U)))));
}

TEST(ConvPlanes, RowsShareTheirPadding) {
    const ConvPlanes planes(
        {.channels = 1, .input = {1, 4, 14}, .output = {1, 4, 14}, .kernel = {1, 3, 3}, .pad = {0, 1, 1}});
    EXPECT_EQ(planes.offset(4), 0);
    EXPECT_EQ(planes.offset(5), 1);
    EXPECT_EQ(planes.offset(7), 15);  // a row below
    EXPECT_EQ(planes.positions(), 3 * 15 + 14);
    EXPECT_EQ(planes.valid(0), 0xFFFFFFFFU & ~(1U << 14) & ~(1U << 29));
    EXPECT_EQ(planes.outputs_before(1), 30);
}

TEST(ConvPlanes, WithoutWindowTheyAreTheImage) {
    EXPECT_TRUE(ConvPlanes({.input = {1, 5, 6}, .output = {1, 5, 6}}).is_plain());
    EXPECT_FALSE(ConvPlanes({.input = {1, 5, 6}, .output = {1, 3, 3}, .stride = {1, 2, 2}}).is_plain());
}

}  // namespace
}  // namespace espalier::kernels
