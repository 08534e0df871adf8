// Instruction sets x windows x images x batches against plain loops, and gradients against the sum over what
// was found.
#include "kernels/max_pool_lanes_f32/max_pool_lanes_f32.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/instruction_set.h"
#include "kernels/past_caches.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

class MaxPoolLanesF32 : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

struct Axis {
    std::int64_t size, kernel, stride, dilation, pad, output;
};

ConvShape shape_of(std::int64_t channels, const Axis& y, const Axis& x) {
    ConvShape shape{.channels = channels};
    std::size_t at = 1;
    for (const Axis& axis : {y, x}) {
        shape.input[at] = axis.size;
        shape.kernel[at] = axis.kernel;
        shape.stride[at] = axis.stride;
        shape.dilation[at] = axis.dilation;
        shape.pad[at] = axis.pad;
        shape.output[at++] = axis.output;
    }
    return shape;
}

/// The pixel that `tap` of an output meets along one axis, or -1.
std::int64_t meets(const ConvShape& shape, std::size_t axis, std::int64_t output, std::int64_t tap) {
    const std::int64_t at = output * shape.stride[axis] + tap * shape.dilation[axis] - shape.pad[axis];
    return at < shape.input[axis] ? std::max<std::int64_t>(at, -1) : -1;
}

/// Where output [c][oy][ox][n] finds its value in x, or -1.
std::int64_t found(const ConvShape& shape, std::int64_t batch, const std::vector<float>& x, std::int64_t c,
                   std::int64_t oy, std::int64_t ox, std::int64_t n) {
    std::int64_t best = -1;
    for (std::int64_t ky = 0; ky < shape.kernel[1]; ++ky) {
        for (std::int64_t kx = 0; kx < shape.kernel[2]; ++kx) {
            const std::int64_t y = meets(shape, 1, oy, ky);
            const std::int64_t px = meets(shape, 2, ox, kx);
            if (y < 0 || px < 0) continue;
            const std::int64_t at = ((c * shape.input[1] + y) * shape.input[2] + px) * batch + n;
            const float value = x[static_cast<std::size_t>(at)];
            if (best < 0 || value > x[static_cast<std::size_t>(best)] || std::isnan(value)) best = at;
        }
    }
    return best;
}

void check(const ConvShape& shape, std::int64_t batch, int threads, bool with_nan = false) {
    const auto pixels = static_cast<std::size_t>(shape.channels * shape.pixels() * batch);
    const auto positions = static_cast<std::size_t>(shape.channels * shape.positions() * batch);
    std::vector<float> x = testing::random_values(pixels, "x");
    for (float& value : x) value = std::round(value * 3);  // with equals
    if (with_nan) x[pixels / 2] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> dy = testing::random_values(positions, "dy");
    std::vector<float> y(positions), expected(pixels, 0);
    testing::Buffer dx(pixels, 0, 7);
    std::vector<std::uint8_t> places(positions);
    max_pool_lanes_f32(shape, batch, x.data(), y.data(), places.data(), threads);
    max_pool_lanes_gradient_f32(shape, batch, places.data(), dy.data(), dx.data(), threads);
    std::size_t at = 0;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
        for (std::int64_t oy = 0; oy < shape.output[1]; ++oy) {
            for (std::int64_t ox = 0; ox < shape.output[2]; ++ox) {
                for (std::int64_t n = 0; n < batch; ++n, ++at) {
                    const std::int64_t from = found(shape, batch, x, c, oy, ox, n);
                    const float value = from < 0 ? -std::numeric_limits<float>::infinity()
                                                 : x[static_cast<std::size_t>(from)];
                    if (from >= 0) expected[static_cast<std::size_t>(from)] += dy[at];
                    ASSERT_TRUE(y[at] == value || (std::isnan(y[at]) && std::isnan(value))) << at;
                }
            }
        }
    }
    ASSERT_TRUE(dx.guards_untouched());
    for (std::size_t i = 0; i < pixels; ++i) ASSERT_NEAR(dx.data()[i], expected[i], 1e-5) << i;
}

TEST_P(MaxPoolLanesF32, MatchesPlainLoops) {
    ASSERT_EQ(max_pool_lanes_f32_instruction_set(), GetParam());
    const std::vector<std::pair<Axis, Axis>> windows = {
        {{8, 2, 2, 1, 0, 4}, {8, 2, 2, 1, 0, 4}},  // the usual one
        {{7, 3, 2, 1, 1, 4}, {9, 3, 2, 1, 1, 5}},  // which overlaps and is padded
        {{5, 2, 2, 1, 0, 3}, {4, 1, 1, 1, 0, 4}},  // whose last placement reaches over the edge
        {{9, 3, 1, 2, 2, 9}, {6, 2, 3, 1, 0, 2}},  // which is dilated
        {{1, 1, 1, 1, 0, 1}, {1, 2, 2, 1, 2, 2}},  // of which one placement sees no pixel
    };
    for (const auto& [y, x] : windows) {
        for (const std::int64_t batch : {1, 15, 16, 33}) {
            ASSERT_NO_FATAL_FAILURE(check(shape_of(3, y, x), batch, 1)) << batch;
            ASSERT_NO_FATAL_FAILURE(check(shape_of(3, y, x), batch, 2)) << batch;
        }
    }
}

TEST_P(MaxPoolLanesF32, PastTheCaches) {
    const ConvShape shape = shape_of(5, {44, 2, 2, 1, 0, 22}, {46, 2, 2, 1, 0, 23});
    ASSERT_TRUE(goes_past_caches(nullptr, shape.channels * shape.pixels() * 96, 96));
    ASSERT_NO_FATAL_FAILURE(check(shape, 96, 2));
}

TEST_P(MaxPoolLanesF32, LetsNanThrough) {
    check(shape_of(2, {8, 3, 2, 1, 1, 4}, {8, 3, 2, 1, 1, 4}), 5, 1, true);
}

INSTANTIATE_TEST_SUITE_P(Every, MaxPoolLanesF32, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
