// Gradients of latents against finite differences in double, and which weights take part.
#include "prune/scheduling/latent.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "support.h"

namespace espalier::prune {
namespace {

constexpr std::size_t kWeights = 6;
constexpr double kInputs[kWeights] = {0.7, -1.2, 0.3, 0.9, -0.4, 1.5};
constexpr float kInitial[kWeights] = {0.5F, -0.8F, 1.1F, -0.2F, 0.6F, 0.4F};
constexpr float kScores[kWeights] = {0.3F, -0.6F, 0.9F, 0.1F, -0.2F, 0.5F};

/// L = (tanh(sum w x) - 0.3)^2 of the weights that the network computes with.
double loss(std::span<const double> weights) {
    double sum = 0;
    for (std::size_t i = 0; i < kWeights; ++i) sum += weights[i] * kInputs[i];
    return std::pow(std::tanh(sum) - 0.3, 2);
}

double slope(const std::function<double(double)>& f, double at) {
    constexpr double kStep = 1e-6;
    return (f(at + kStep) - f(at - kStep)) / (2 * kStep);
}

/// dL/dw_i by finite differences.
double weight_gradient(std::vector<double> weights, std::size_t i) {
    return slope(
        [&](double w) {
            weights[i] = w;
            return loss(weights);
        },
        weights[i]);
}

TEST(Latent, EdgePopupScoresHaveTheGradientOfTheirGates) {
    // Weights 0, 2 and 5 have the greatest scores. The gate h of each, 1 or 0 there, as a number: dL/dh.
    const Latent& kind = latents().get("edge-popup");
    const Mask kept = best_latents(kind, {6}, kScores, 3);
    std::vector<double> gates(kWeights);
    for (std::size_t i = 0; i < kWeights; ++i) gates[i] = kept[static_cast<std::int64_t>(i)] ? 1 : 0;
    EXPECT_EQ(gates, (std::vector<double>{1, 0, 1, 0, 0, 1}));
    const auto weights_of = [&](const std::vector<double>& h) {
        std::vector<double> weights(kWeights);
        for (std::size_t i = 0; i < kWeights; ++i) weights[i] = h[i] * double{kInitial[i]};
        return weights;
    };
    for (std::size_t i = 0; i < kWeights; ++i) {
        const double expected = slope(
            [&](double h) {
                std::vector<double> other = gates;
                other[i] = h;
                return loss(weights_of(other));
            },
            gates[i]);
        const float got =
            kind.gradient({.gradient = static_cast<float>(weight_gradient(weights_of(gates), i)),
                           .initial = kInitial[i],
                           .latent = kScores[i]});
        EXPECT_NEAR(got, expected, 1e-6) << i;
    }
}

TEST(Latent, BernoulliGatesHaveTheGradientOfTheirChance) {
    // As if every gate were its chance p(s): dL/ds of L(w0 p(s)).
    const Latent& kind = latents().get("bernoulli-gates");
    const auto weights_of = [&](std::span<const double> scores) {
        std::vector<double> weights(kWeights);
        for (std::size_t i = 0; i < kWeights; ++i)
            weights[i] = double{kInitial[i]} / (1 + std::exp(-scores[i]));
        return weights;
    };
    const std::vector<double> scores(std::begin(kScores), std::end(kScores));
    for (std::size_t i = 0; i < kWeights; ++i) {
        const double expected = slope(
            [&](double s) {
                std::vector<double> other = scores;
                other[i] = s;
                return loss(weights_of(other));
            },
            scores[i]);
        const float got =
            kind.gradient({.gradient = static_cast<float>(weight_gradient(weights_of(scores), i)),
                           .initial = kInitial[i],
                           .latent = kScores[i]});
        EXPECT_NEAR(got, expected, 1e-6) << i;
        EXPECT_NEAR(kind.chance(kScores[i]), 1 / (1 + std::exp(-scores[i])), 1e-6);
    }
}

TEST(Latent, BernoulliGatesBeginAtTheShareThatIsKept) {
    const Latent& kind = latents().get("bernoulli-gates");
    std::vector<float> scores(1000);
    Random random(1, "gates");
    kind.start(std::vector<float>(1000), 10, 0.2, random, scores);
    double sum = 0;
    for (const float s : scores) sum += double{kind.chance(s)};
    EXPECT_NEAR(sum / 1000, 0.2, 1e-3);
}

TEST(Latent, EdgePopupScoresBeginWithinOneOverTheRootOfInputs) {
    const Latent& kind = latents().get("edge-popup");
    std::vector<float> scores(1000);
    Random random(1, "scores");
    kind.start(std::vector<float>(1000), 25, 0.2, random, scores);
    for (const float s : scores) ASSERT_LE(std::abs(s), 0.2F);
    EXPECT_GT(std::ranges::max(scores), 0.19F);
    EXPECT_LT(std::ranges::min(scores), -0.19F);
}

TEST(Latent, TopKastDrawsWhatRestsToZeroTheMore) {
    // Loss L + lambda (sum over A of theta^2 / 2 + sum over B without A of theta^2 / (2 D)).
    const Latent& kind = latents().get("top-kast");
    constexpr double kDecay = 0.01;
    constexpr double kShare = 0.5;
    for (const bool kept : {true, false}) {
        const double theta = 0.8;
        const double g = kept ? 0.25 : 0.1;
        const double expected =
            g + slope([&](double t) { return kDecay * t * t / 2 / (kept ? 1 : kShare); }, theta);
        EXPECT_NEAR(kind.gradient({.gradient = static_cast<float>(g),
                                   .latent = static_cast<float>(theta),
                                   .kept = kept,
                                   .share = kShare,
                                   .decay = kDecay}),
                    expected, 1e-6);
    }
    EXPECT_TRUE(kind.is_weight);
    EXPECT_EQ(kind.score(-0.7F), 0.7F);
}

TEST(Latent, KeepsTheGreatestAndOfEqualOnesTheEarlier) {
    const Latent& kind = latents().get("edge-popup");
    const std::vector<float> scores = {1, 3, 2, 2, 2, 0};
    const auto places = [&](std::int64_t count) {
        std::vector<std::int64_t> kept;
        const Mask mask = best_latents(kind, {2, 3}, scores, count);
        EXPECT_EQ(mask.kept(), count);
        for (std::int64_t i = 0; i < 6; ++i) {
            if (mask[i]) kept.push_back(i);
        }
        return kept;
    };
    EXPECT_EQ(places(0), std::vector<std::int64_t>{});
    EXPECT_EQ(places(1), std::vector<std::int64_t>{1});
    EXPECT_EQ(places(3), (std::vector<std::int64_t>{1, 2, 3}));
    EXPECT_EQ(places(5), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
    EXPECT_EQ(places(6).size(), 6U);
}

}  // namespace
}  // namespace espalier::prune
