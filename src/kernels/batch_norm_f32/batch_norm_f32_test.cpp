// Instruction sets x layouts x lengths, with what may lie behind, against the reference in double.
#include "kernels/batch_norm_f32/batch_norm_f32.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/instruction_set.h"
#include "kernels/past_caches.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;

constexpr float kUnwritten = std::numeric_limits<float>::quiet_NaN();

class BatchNormF32 : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

enum class Behind : std::uint8_t { nothing, relu, sum_and_relu };

void check(const ChannelRuns& layout, Behind behind, float offset, int threads, std::size_t misaligned = 1) {
    const auto size = static_cast<std::size_t>(layout.channels * layout.values());
    const auto channels = static_cast<std::size_t>(layout.channels);
    Buffer x(testing::random_values(size, "x"), 1);
    for (std::size_t i = 0; i < size; ++i) x.data()[i] += offset;
    Buffer dy(testing::random_values(size, "dy"), 2);
    const auto gamma = testing::random_values(channels, "gamma");
    const auto beta = testing::random_values(channels, "beta");
    const bool has_addend = behind == Behind::sum_and_relu;
    Buffer addend(testing::random_values(size, "addend"), 3);
    BatchNorm norm{gamma.data(), beta.data(), 1e-5F, false, has_addend ? addend.data() : nullptr};

    std::vector<double> expected(size), expected_mean(channels), expected_variance(channels);
    const auto expect = [&] {
        batch_norm_f32_reference(layout, norm, x.data(), expected.data(), expected_mean.data(),
                                 expected_variance.data());
    };
    expect();
    // What is 0 but for rounding passes the ReLU's gradient or not.
    for (std::size_t i = 0; i < size; ++i) addend.data()[i] += std::abs(expected[i]) < 1e-3 ? 0.1F : 0.0F;
    norm.relu = behind != Behind::nothing;
    expect();
    Buffer y(size, 1, kUnwritten);
    std::vector<float> mean(channels), variance(channels);
    batch_norm_f32(layout, norm, x.data(), y.data(), mean.data(), variance.data(), threads);
    ASSERT_TRUE(y.guards_untouched());
    const double rounding = 1e-5 * (1 + double{std::abs(offset)});
    for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(y.data()[i], expected[i], rounding) << i;
    for (std::size_t c = 0; c < channels; ++c) {
        ASSERT_NEAR(mean[c], expected_mean[c], rounding);
        ASSERT_NEAR(variance[c], expected_variance[c], rounding);
    }

    std::vector<double> expected_dx(size), expected_dgamma(channels), expected_dbeta(channels);
    std::vector<double> expected_da(size);
    batch_norm_gradient_f32_reference(layout, norm, x.data(), dy.data(), expected_dx.data(),
                                      expected_dgamma.data(), expected_dbeta.data(), expected_da.data());
    Buffer da(size, 1, kUnwritten);
    const BatchNormSum sum{y.data(), da.data()};
    Buffer dx(size, misaligned, kUnwritten);
    std::vector<float> dgamma(channels), dbeta(channels);
    batch_norm_gradient_f32(layout, norm, x.data(), mean.data(), variance.data(), dy.data(), dx.data(),
                            dgamma.data(), dbeta.data(), has_addend ? &sum : nullptr, threads);
    ASSERT_TRUE(da.guards_untouched());
    for (std::size_t i = 0; has_addend && i < size; ++i)
        ASSERT_EQ(da.data()[i], static_cast<float>(expected_da[i])) << i;
    ASSERT_TRUE(dx.guards_untouched());
    const double sums = rounding * std::sqrt(static_cast<double>(layout.values()));
    for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(dx.data()[i], expected_dx[i], rounding) << i;
    for (std::size_t c = 0; c < channels; ++c) {
        ASSERT_NEAR(dgamma[c], expected_dgamma[c], sums);
        ASSERT_NEAR(dbeta[c], expected_dbeta[c], sums);
    }
    std::vector<float> again(channels);
    batch_norm_gradient_f32(layout, norm, x.data(), mean.data(), variance.data(), dy.data(), nullptr,
                            again.data(), dbeta.data(), has_addend ? &sum : nullptr, 1);
    ASSERT_EQ(again, dgamma);
}

TEST_P(BatchNormF32, MatchesTheReference) {
    ASSERT_EQ(batch_norm_f32_instruction_set(), GetParam());
    for (const std::int64_t length : {1, 7, 64, 130, 5000}) {
        for (const Behind behind : {Behind::nothing, Behind::relu, Behind::sum_and_relu}) {
            // [channel][run], as images with the batch in lanes lie, and [run][channel], as others do.
            ASSERT_NO_FATAL_FAILURE(check({3, length * 2, 2, length, length}, behind, 0, 1)) << length;
            ASSERT_NO_FATAL_FAILURE(check({5, length, 3, length * 5, length}, behind, 4, 3)) << length;
        }
    }
}

TEST_P(BatchNormF32, PastTheCaches) {
    constexpr std::int64_t kLength = 3 << 14;
    const ChannelRuns layout{4, kLength * 5, 5, kLength, kLength};
    ASSERT_TRUE(goes_past_caches(nullptr, layout.channels * layout.values(), kLength));
    for (const Behind behind : {Behind::relu, Behind::sum_and_relu})
        ASSERT_NO_FATAL_FAILURE(check(layout, behind, 0, 3, 0));
}

TEST_P(BatchNormF32, LetsNanThrough) {
    const float x[4] = {1, kUnwritten, 2, 3};
    const float gamma = 1, beta = 0;
    float y[4], mean, variance;
    batch_norm_f32({1, 4, 1, 4, 4}, {&gamma, &beta, 1e-5F, true}, x, y, &mean, &variance, 1);
    EXPECT_TRUE(std::isnan(y[0]) && std::isnan(mean) && std::isnan(variance));
}

INSTANTIATE_TEST_SUITE_P(Every, BatchNormF32, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
