// Instruction sets x shapes x batches x threads, against plain loops in double.
#include "kernels/conv_winograd_f32/conv_winograd_f32.h"

#include <gtest/gtest.h>

#include "kernels/conv_dense_lanes_f32/dense_lanes_testing.h"
#include "kernels/instruction_set.h"

namespace espalier::kernels {
namespace {

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

// The transforms make as many terms again.
const testing::DenseLanesConv kConv{conv_winograd_f32, conv_winograd_input_gradient_f32,
                                    conv_winograd_weight_gradient_f32, 8e-6};

class ConvWinogradF32 : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(ConvWinogradF32, MatchesTheReference) {
    ASSERT_EQ(conv_winograd_f32_instruction_set(), GetParam());
    for (const ConvShape& shape : shapes()) {
        ASSERT_TRUE(fits_winograd(shape));
        for (const std::int64_t batch : {1, 8, 21, 48, 128}) {
            if (batch > 21 && shape.channels > 100) continue;
            ASSERT_NO_FATAL_FAILURE(
                testing::check_against_reference(kConv, shape, batch, batch == 21 ? 3 : 1))
                << "batch " << batch << ", " << shape.channels << " channels of " << shape.input[1] << "x"
                << shape.input[2] << " to " << shape.outputs;
        }
    }
}

TEST_P(ConvWinogradF32, PastTheCaches) {
    testing::check_past_caches(kConv, shape_of(5, 5, {43, 45}, {1, 1}, {1, 1}));
}

TEST_P(ConvWinogradF32, DoesNotDependOnThreadsOrNeighbours) {
    for (const ConvShape& shape : {shapes()[1], shapes().back()})
        ASSERT_NO_FATAL_FAILURE(testing::check_threads_and_neighbours(kConv, shape));
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
