// Which multiples of widths pay, of times that are given.
#include "experiment/removal/width_step.h"

#include <gtest/gtest.h>

#include <cmath>

namespace espalier::experiment {
namespace {

/// Of a kernel that computes whole blocks of `step` channels in and out.
std::map<std::int64_t, double> in_blocks_of(double step) {
    std::map<std::int64_t, double> times;
    for (const std::int64_t width : {32, 40, 41, 42, 44, 48, 49, 50, 52, 56, 57, 58, 60, 64}) {
        const double ratio = std::ceil(static_cast<double>(width) / step) * step / static_cast<double>(width);
        times[width] = ratio * ratio;
    }
    return times;
}

TEST(WidthStep, IsThatOfTheKernel) {
    for (const std::int64_t step : {1, 4, 8, 16})
        EXPECT_EQ(step_of(in_blocks_of(static_cast<double>(step))), step);
}

TEST(WidthStep, NoiseOfAFewHundredthsMakesNoStep) {
    std::map<std::int64_t, double> times = in_blocks_of(8);
    for (auto& [width, time] : times) time *= width % 3 == 0 ? 1.02 : 0.99;
    EXPECT_EQ(step_of(times), 8);
}

}  // namespace
}  // namespace espalier::experiment
