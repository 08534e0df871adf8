#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <limits>

#include "base/expect_error.h"
#include "base/random.h"
#include "espalier/data.h"

namespace espalier::data {
namespace {

Examples random_examples(const Shape& shape) {
    Examples examples{Tensor(DType::u8, shape),
                      std::vector<std::int32_t>(static_cast<std::size_t>(shape[0]))};
    Random random(7, "examples");
    for (std::uint8_t& byte : examples.images().as<std::uint8_t>())
        byte = static_cast<std::uint8_t>(random.below(256));
    return examples;
}

const Normalization kThree{{0.25F, 0.5F, 0.75F}, {0.5F, 0.25F, 2.0F}};

Normalization first_channels(std::int64_t count) {
    return {{kThree.mean.begin(), kThree.mean.begin() + count},
            {kThree.deviation.begin(), kThree.deviation.begin() + count}};
}

/// As the contract states it, in double.
std::vector<float> plain(const Examples& examples, const Normalization& normalization,
                         std::span<const std::uint32_t> indices) {
    const Shape& shape = examples.images().shape();
    const std::int64_t plane = shape[2] * shape[3];
    std::vector<float> out;
    for (const std::uint32_t index : indices) {
        for (std::int64_t c = 0; c < shape[1]; ++c) {
            for (std::int64_t i = 0; i < plane; ++i) {
                const auto at = static_cast<std::size_t>((index * shape[1] + c) * plane + i);
                const double share = examples.images().as<std::uint8_t>()[at] / 255.0;
                const auto channel = static_cast<std::size_t>(c);
                out.push_back(static_cast<float>((share - double{normalization.mean[channel]}) /
                                                 double{normalization.deviation[channel]}));
            }
        }
    }
    return out;
}

/// Each instruction set this machine has, one test run each.
class Gather : public ::testing::TestWithParam<std::int64_t> {
  protected:
    void SetUp() override { choose(GetParam()); }
    void TearDown() override { choose(0); }
    static void choose(std::int64_t targets) {
        hwy::SetSupportedTargetsForTest(targets);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
};

TEST_P(Gather, EqualsThePlainLoopAtEverySize) {
    const std::vector<std::uint32_t> indices = {4, 0, 4, 2};
    for (std::int64_t channels = 1; channels <= 3; ++channels) {
        for (std::int64_t width : {1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 784}) {
            SCOPED_TRACE(::testing::Message() << channels << " channels of " << width);
            const Examples examples = random_examples({5, channels, 1, width});
            const Normalization normalization = first_channels(channels);
            const std::vector<float> expected = plain(examples, normalization, indices);
            std::vector<float> out(expected.size() + 1, -99.0F);
            gather(examples.inputs.front(), normalization, indices, std::span(out).first(expected.size()));
            for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(out[i], expected[i], 1e-6F) << i;
            EXPECT_EQ(out.back(), -99.0F);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, Gather, ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& info) { return std::string(hwy::TargetName(info.param)); });

TEST(GatherArguments, Checked) {
    const Examples examples = random_examples({3, 1, 2, 2});
    const Normalization normalization = first_channels(1);
    std::vector<float> out(4);
    EXPECT_ERROR(InvalidArgument, "example 3 of 3",
                 gather(examples.inputs.front(), normalization, std::vector<std::uint32_t>{3}, out));
    EXPECT_ERROR(InvalidArgument, "room for 4 floats, but 2 examples have 8",
                 gather(examples.inputs.front(), normalization, std::vector<std::uint32_t>{0, 1}, out));
    EXPECT_ERROR(InvalidArgument, "normalisation of 3 channels for images of 1",
                 gather(examples.inputs.front(), kThree, std::vector<std::uint32_t>{0}, out));
    const Input wrong{.values = Tensor(DType::u8, {3, 4})};
    EXPECT_ERROR(InvalidArgument, "images are u8 3x4, expected u8 NxCxHxW",
                 gather(wrong, normalization, std::vector<std::uint32_t>{0}, out));
    gather(examples.inputs.front(), normalization, {}, {});
}

/// As they are, or by mean and deviation of each feature.
TEST(GatherNumbers, ThatAreNoImages) {
    const Examples floats{Tensor::of<float>({2, 2}, std::vector<float>{1, 2, 3, 4}), {0, 1}};
    std::vector<float> out(4);
    gather(floats.inputs.front(), {}, std::vector<std::uint32_t>{1, 0}, out);
    EXPECT_EQ(out, (std::vector<float>{3, 4, 1, 2}));
    gather(floats.inputs.front(), {.mean = {1, 2}, .deviation = {2, 4}}, std::vector<std::uint32_t>{1, 0},
           out);
    EXPECT_EQ(out, (std::vector<float>{1, 0.5F, 0, 0}));
    EXPECT_ERROR(InvalidArgument, "normalisation of 1 channels for examples of 2",
                 gather(floats.inputs.front(), first_channels(1), std::vector<std::uint32_t>{0, 1}, out));
    const Examples tokens{Tensor::of<std::int64_t>({2, 2}, std::vector<std::int64_t>{1, 2, 3, 1LL << 40}),
                          {0, 1}};
    std::vector<std::int64_t> whole(2);
    gather(tokens.inputs.front(), std::vector<std::uint32_t>{1}, whole);
    EXPECT_EQ(whole, (std::vector<std::int64_t>{3, 1LL << 40}));
    EXPECT_ERROR(InvalidArgument, "room for 2 numbers, but 2 examples have 4",
                 gather(tokens.inputs.front(), std::vector<std::uint32_t>{0, 1}, whole));
}

}  // namespace
}  // namespace espalier::data
