// Windows x sizes x densities x panels, against the reference in double: exactly where f16 holds every sum,
// else within the bound of conv_f16_panel.h.
#include "kernels/conv_f16_panel/conv_f16_panel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "kernels/conv_f32_panel/conv_testing.h"
#include "kernels/cpu_features.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;
using testing::conv_shape;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Of a product with so many rows.
ConvShape product_of(std::int64_t rows, std::int64_t inputs, std::int64_t outputs) {
    return {.channels = inputs, .outputs = outputs, .input = {1, 1, rows}, .output = {1, 1, rows}};
}

/// Values in [-1, 1] to whole numbers up to `most`, of which f16 holds sums exactly, times `unit`; zero stays
/// zero, and nothing else becomes it.
std::vector<float> whole(std::vector<float> values, float most, float unit = 1) {
    for (float& value : values) value = std::copysign(std::ceil(std::abs(value) * most) * unit, value);
    return values;
}

/// [channels][positions] of each image to [positions][channels], or back with the two exchanged.
template <class T>
std::vector<T> transposed(const std::vector<T>& values, std::int64_t images, std::int64_t channels) {
    std::vector<T> out(values.size());
    const std::int64_t positions = std::ssize(values) / images / channels;
    for (std::int64_t i = 0; i < std::ssize(values); ++i) {
        const std::int64_t image = i / (channels * positions), c = i / positions % channels,
                           p = i % positions;
        out[static_cast<std::size_t>((image * positions + p) * channels + c)] =
            values[static_cast<std::size_t>(i)];
    }
    return out;
}

std::vector<float> sizes_of(std::vector<float> values) {
    for (float& value : values) value = std::abs(value);
    return values;
}

struct Problem {
    ConvShape shape;
    double density = 0.3;
    std::int64_t block = 128;
    std::int64_t lanes = 128;
    bool rows = false;

    std::size_t inputs() const {
        return static_cast<std::size_t>(shape.images * shape.groups * shape.channels * shape.pixels());
    }
    std::size_t results() const {
        return static_cast<std::size_t>(shape.images * shape.groups * shape.outputs * shape.positions());
    }
    std::size_t outputs() const { return static_cast<std::size_t>(shape.groups * shape.outputs); }
    std::size_t columns() const { return static_cast<std::size_t>(shape.columns()); }

    std::vector<float> w = testing::sparse_values(outputs() * columns(), density, "w");
    std::vector<float> bias = testing::random_values(outputs(), "bias");
    std::vector<float> x = testing::random_values(inputs(), "x");
    std::vector<float> residual = testing::random_values(results(), "residual");

    Problem& of_whole_numbers() {
        w = whole(w, 2);
        x = whole(x, 4);
        bias = whole(bias, 16, 0.0625F);
        residual = whole(residual, 16, 0.0625F);
        return *this;
    }

    std::vector<double> expected(const ConvFinish& finish) const {
        std::vector<double> y(results());
        conv_f32_panel_reference(shape, w, bias, x.data(), finish, y.data());
        return y;
    }

    /// What each sum may be off by, before its function: the bound of conv_f16_panel.h, and that of f32.
    std::vector<double> bounds() const {
        constexpr double u = 1.0 / 2048, kChain = 33 * u / (1 - 33 * u);
        std::vector<double> y(results());
        const std::vector<float> none(outputs(), 0.0F), sizes = sizes_of(x);
        conv_f32_panel_reference(shape, sizes_of(w), none, sizes.data(), {}, y.data());
        const double most = static_cast<double>(*std::ranges::max_element(sizes));
        for (std::size_t i = 0; i < y.size(); ++i) {
            const std::size_t output = i / static_cast<std::size_t>(shape.positions()) % outputs();
            double sum = 0, count = 0;
            for (std::size_t k = 0; k < columns(); ++k) {
                sum += std::abs(static_cast<double>(w[output * columns() + k]));
                count += w[output * columns() + k] != 0 ? 1 : 0;
            }
            y[i] = (kChain + 2 * u + u * u) * y[i] + 0x1p-20 * (1 + count / 64) * sum * most + 1e-6;
        }
        return y;
    }

    ConvF16Panel kernel(int threads) const {
        std::vector<std::shared_ptr<const F16Rows>> groups;
        const auto each = static_cast<std::size_t>(shape.outputs);
        for (std::size_t group = 0; group < static_cast<std::size_t>(shape.groups); ++group) {
            groups.push_back(std::make_shared<const F16Rows>(
                PackedRows(shape.outputs, shape.columns(),
                           std::span(w).subspan(group * each * columns(), each * columns()),
                           std::span(bias).subspan(group * each, each), {.block_columns = block})));
        }
        return {shape, std::move(groups), rows, threads, lanes};
    }

    /// What it computes, [images][channels][positions].
    std::vector<float> run(ConvFinish finish = {}, int threads = 1, std::size_t misaligned = 0,
                           bool in_place = false) const {
        const ConvF16Panel made = kernel(threads);
        const std::int64_t channels = shape.groups * shape.channels;
        const auto order = [&](const std::vector<float>& values, std::int64_t count) {
            return rows ? transposed(values, shape.images, count) : values;
        };
        Buffer in(order(x, channels), misaligned), out(results(), misaligned, kNaN);
        Buffer added(order(residual, static_cast<std::int64_t>(outputs())), misaligned);
        if (finish.residual != nullptr) finish.residual = added.data();
        Buffer scratch((made.scratch_bytes() + sizeof(float) - 1) / sizeof(float), 0, kNaN);
        Buffer& y = in_place ? added : out;
        made.run(in.data(), y.data(), finish, reinterpret_cast<std::byte*>(scratch.data()));
        EXPECT_TRUE(scratch.guards_untouched());
        EXPECT_TRUE(y.guards_untouched());
        const std::vector<float> got(y.data(), y.data() + results());
        return rows ? transposed(got, shape.images, shape.positions()) : got;
    }
};

void expect_exact(Problem problem, ConvFinish finish = {}, std::size_t misaligned = 0) {
    problem.of_whole_numbers();
    if (finish.residual != nullptr) finish.residual = problem.residual.data();
    const auto expected = problem.expected(finish);
    for (const std::int64_t lanes : {64, 128}) {
        problem.lanes = lanes;
        const auto got = problem.run(finish, 1, misaligned);
        for (std::size_t i = 0; i < got.size(); ++i)
            ASSERT_EQ(got[i], static_cast<float>(expected[i])) << "at " << i << " of " << lanes << " lanes";
    }
}

/// Returns the root of the mean square of errors, of that of the sums.
double expect_within_bounds(const Problem& problem) {
    const auto expected = problem.expected({}), bounds = problem.bounds();
    const auto got = problem.run();
    double errors = 0, squares = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double error = static_cast<double>(got[i]) - expected[i];
        EXPECT_LE(std::abs(error), bounds[i]) << "at " << i;
        errors += error * error;
        squares += expected[i] * expected[i];
    }
    return std::sqrt(errors / squares);
}

class ConvF16PanelTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!has_avx512_fp16()) GTEST_SKIP() << "this processor has no AVX-512 FP16";
    }
};

TEST_F(ConvF16PanelTest, AnyWindow) {
    for (const std::int64_t size : {1, 7, 14, 34}) {
        for (const std::int64_t kernel : {1, 2, 3}) {
            for (const std::int64_t stride : {1, 2, 3}) {
                for (const std::int64_t pad : {0, 2}) {
                    for (const std::int64_t dilation : {1, 2}) {
                        if (size + 2 * pad < (kernel - 1) * dilation + 1) continue;
                        ConvShape shape =
                            conv_shape({1, size, size + 1}, {1, kernel, kernel}, {1, stride, stride},
                                       {0, pad, pad}, {1, dilation, dilation});
                        shape.channels = 3;
                        shape.outputs = 5;
                        SCOPED_TRACE(::testing::Message() << size << ' ' << kernel << " stride " << stride
                                                          << " pad " << pad << " dilation " << dilation);
                        expect_exact({shape, 0.4});
                    }
                }
            }
        }
    }
}

TEST_F(ConvF16PanelTest, AnyAxes) {
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
        expect_exact({shape, 0.3});
    }
}

TEST_F(ConvF16PanelTest, Products) {
    for (const std::int64_t rows : {1, 16, 31, 33, 70, 128, 200}) {
        for (const std::int64_t inputs : {1, 15, 64, 130}) {
            for (const std::int64_t outputs : {1, 16, 37}) {
                SCOPED_TRACE(::testing::Message() << rows << " rows " << inputs << " to " << outputs);
                Problem problem{product_of(rows, inputs, outputs), 0.4, 50};
                problem.rows = true;
                expect_exact(problem, {.residual = problem.residual.data(), .low = 0});
            }
        }
    }
}

TEST_F(ConvF16PanelTest, GroupsDensitiesAndBlocks) {
    ConvShape shape = conv_shape({1, 13, 10}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
    shape.images = 3;
    shape.groups = 2;
    shape.channels = 12;
    shape.outputs = 11;
    ConvShape rows = conv_shape({1, 9, 9}, {1, 1, 1});
    rows.images = 2;
    rows.groups = 3;
    rows.channels = 20;
    rows.outputs = 18;
    for (const double density : {0.0, 0.02, 0.5, 1.0}) {
        for (const std::int64_t block : {1, 9, 107, 108, 4096}) {
            expect_exact({shape, density, block});
            expect_exact({.shape = rows, .density = density, .block = block, .rows = true});
        }
    }
}

/// The sums of f16 are rounded, those of runs are not: of 3,000 weights as of 30.
TEST_F(ConvF16PanelTest, SumsStayWithinTheirBound) {
    for (const std::int64_t inputs : {30, 300, 3000}) {
        for (const std::int64_t block : {256, 4096}) {
            for (const bool rows : {false, true}) {
                Problem problem{product_of(70, inputs, 11), 1.0, block};
                problem.rows = rows;
                EXPECT_LT(expect_within_bounds(problem), 2e-3) << inputs << " in blocks of " << block;
            }
        }
    }
    ConvShape window = conv_shape({1, 14, 14}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
    window.channels = 20;
    window.outputs = 10;
    EXPECT_LT(expect_within_bounds({window, 0.5}), 2e-3);
}

/// Neither inputs nor weights nor what they add up to leave the range of f16, or the places that it has.
TEST_F(ConvF16PanelTest, NumbersOfAnySize) {
    ConvShape window = conv_shape({1, 9, 9}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
    window.channels = 20;
    for (const float input : {1e-30F, 1e-6F, 0.1F, 300.0F, 1e6F, 1e15F}) {
        for (const float weight : {1e-20F, 1e-4F, 1.0F, 100.0F}) {
            if (input * weight < 1e-36F) continue;  // less than f32 holds
            for (const ConvShape& shape : {window, product_of(50, 90, 8)}) {
                for (const bool rows : {false, true}) {
                    if (rows && shape.taps() > 1) continue;
                    Problem problem{shape};
                    problem.rows = rows;
                    for (float& value : problem.x) value *= input;
                    for (float& value : problem.w) value *= weight;
                    problem.bias.assign(problem.bias.size(), 0.0F);
                    const auto expected = problem.expected({});
                    const auto got = problem.run();
                    double errors = 0, squares = 0;
                    for (std::size_t i = 0; i < got.size(); ++i) {
                        errors += std::pow(static_cast<double>(got[i]) - expected[i], 2);
                        squares += expected[i] * expected[i];
                    }
                    EXPECT_LT(std::sqrt(errors / squares), 2e-3) << input << " times " << weight;
                }
            }
        }
    }
}

TEST_F(ConvF16PanelTest, AddsAndClamps) {
    for (const std::int64_t size : {7, 8, 16, 19}) {  // 49, 64, 256 and 361 positions
        ConvShape shape = conv_shape({1, size, size}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
        shape.images = 2;
        shape.channels = 6;
        shape.outputs = 7;
        Problem problem{shape, 0.3};
        problem.of_whole_numbers();
        for (const ConvFinish& finish :
             {ConvFinish{.low = 0},
              {.low = -0.5F, .high = 0.25F},
              {.residual = problem.residual.data()},
              {.residual = problem.residual.data(), .low = 0},
              {.function = ConvFinish::Function::swish},
              {.residual = problem.residual.data(), .function = ConvFinish::Function::hard_swish}}) {
            const auto expected = problem.expected(finish);
            for (const bool in_place : {false, true}) {
                if (in_place && finish.residual == nullptr) continue;
                const auto got = problem.run(finish, 2, 0, in_place);
                for (std::size_t i = 0; i < got.size(); ++i)
                    ASSERT_NEAR(static_cast<double>(got[i]), expected[i], 1e-5 * (1 + std::abs(expected[i])));
            }
        }
    }
}

TEST_F(ConvF16PanelTest, ThreadsDoNotChangeABit) {
    ConvShape shape = conv_shape({1, 17, 19}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
    shape.images = 2;
    shape.channels = 30;
    shape.outputs = 40;
    const Problem problem{shape, 0.1};
    const auto one = problem.run({.low = 0}, 1);
    for (const int threads : {2, 3, 8}) EXPECT_EQ(problem.run({.low = 0}, threads), one);
}

TEST_F(ConvF16PanelTest, AnyAlignmentServes) {
    ConvShape shape = conv_shape({1, 12, 12}, {1, 1, 1});
    shape.channels = 8;
    shape.outputs = 6;
    for (std::size_t misaligned = 0; misaligned < 16; ++misaligned) {
        for (const bool rows : {false, true})
            expect_exact({.shape = shape, .density = 0.4, .rows = rows}, {.low = 0}, misaligned);
    }
}

TEST_F(ConvF16PanelTest, ZerosAreSkippedAndOthersAreNot) {
    for (const bool rows : {false, true}) {
        Problem problem{conv_shape({1, 8, 8}, {1, 1, 1})};
        problem.shape.channels = 3;
        problem = {.shape = problem.shape, .rows = rows};
        problem.bias = {1};
        problem.x.assign(3 * 64, 2.0F);
        std::fill_n(problem.x.begin(), 64, kInfinity);
        problem.x[1] = kNaN;
        problem.w = {0, 2, 1};
        for (const float y : problem.run()) EXPECT_EQ(y, 7);
        problem.w = {1e-30F, 2, 1};  // nothing beside the others, but not zero
        const auto got = problem.run();
        EXPECT_EQ(got[0], kInfinity);
        EXPECT_TRUE(std::isnan(got[1]));
    }
}

TEST(ConvF16Panel, RefusesWhatDoesNotFit) {
    ConvShape shape = conv_shape({1, 8, 8}, {1, 3, 3});
    shape.channels = 2;
    const Problem problem{shape, 1.0};
    ConvShape other = shape;
    other.channels = 3;
    const auto w = std::make_shared<const F16Rows>(PackedRows(1, 18, problem.w, problem.bias, {}));
    EXPECT_NO_THROW(ConvF16Panel(shape, {w}, false, 1, 64));
    EXPECT_THROW(ConvF16Panel(other, {w}, false, 1, 64), InvalidArgument);
    EXPECT_THROW(ConvF16Panel(shape, {w, w}, false, 1, 64), InvalidArgument);
    EXPECT_THROW(ConvF16Panel(shape, {w}, true, 1, 64), InvalidArgument) << "rows under a window";
    EXPECT_THROW(ConvF16Panel(shape, {w}, false, 1, 48), InvalidArgument);
}

}  // namespace
}  // namespace espalier::kernels
