// Instruction sets x shapes x batches x threads, against plain loops in double.
#include "kernels/conv_dense_lanes_f32/conv_dense_lanes_f32.h"

#include <gtest/gtest.h>

#include "kernels/conv_dense_lanes_f32/dense_lanes_testing.h"
#include "kernels/instruction_set.h"

namespace espalier::kernels {
namespace {

ConvShape shape_of(std::int64_t channels, std::int64_t outputs, std::array<std::int64_t, 2> image,
                   std::array<std::int64_t, 2> kernel, std::int64_t stride, std::int64_t dilation,
                   std::int64_t pad) {
    ConvShape s{.images = 1,
                .groups = 1,
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
        shape_of(3, 5, {7, 9}, {3, 3}, 1, 1, 1),     shape_of(17, 6, {8, 8}, {3, 3}, 2, 1, 1),
        shape_of(9, 11, {6, 5}, {1, 1}, 1, 1, 0),    shape_of(5, 4, {9, 8}, {1, 1}, 2, 1, 0),
        shape_of(3, 2, {11, 10}, {3, 3}, 1, 2, 2),   shape_of(2, 3, {13, 11}, {5, 3}, 3, 1, 2),
        shape_of(70, 20, {1, 1}, {1, 1}, 1, 1, 0),   shape_of(1, 7, {16, 5}, {7, 7}, 2, 1, 3),
        shape_of(130, 131, {2, 3}, {3, 3}, 1, 1, 1),  // gradients in parts
    };
}

const testing::DenseLanesConv kConv{conv_dense_lanes_f32, conv_dense_lanes_input_gradient_f32,
                                    conv_dense_lanes_weight_gradient_f32, 4e-6};

class ConvDenseLanesF32 : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(ConvDenseLanesF32, MatchesTheReference) {
    ASSERT_EQ(conv_dense_lanes_f32_instruction_set(), GetParam());
    for (const ConvShape& shape : shapes()) {
        for (const std::int64_t batch : {1, 8, 21, 48, 128}) {
            if (batch > 21 && shape.channels > 100) continue;
            ASSERT_NO_FATAL_FAILURE(
                testing::check_against_reference(kConv, shape, batch, batch == 21 ? 3 : 1))
                << "batch " << batch << " image " << shape.input[1] << "x" << shape.input[2] << " kernel "
                << shape.kernel[1] << " stride " << shape.stride[1];
        }
    }
}

TEST_P(ConvDenseLanesF32, PastTheCaches) {
    for (const std::int64_t stride : {1, 2}) {
        ASSERT_NO_FATAL_FAILURE(
            testing::check_past_caches(kConv, shape_of(5, 5, {43, 45}, {3, 3}, stride, 1, 1)))
            << "stride " << stride;
    }
}

TEST_P(ConvDenseLanesF32, DoesNotDependOnThreadsOrNeighbours) {
    for (const ConvShape& shape : {shapes()[1], shapes().back()})
        ASSERT_NO_FATAL_FAILURE(testing::check_threads_and_neighbours(kConv, shape));
}

INSTANTIATE_TEST_SUITE_P(Every, ConvDenseLanesF32, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
