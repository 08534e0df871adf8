// Each criterion against what it claims to estimate, on networks small enough to compute that by brute force,
// in double.
#include <functional>

#include "prune/criterion.h"
#include "prune/request/signal.h"
#include "prune/request/weight_sums.h"
#include "support.h"

namespace espalier::prune {
namespace {

constexpr double kStep = 1e-4;

/// tanh network 3-4-2 with squared error over a few examples: everything by finite differences of the loss.
class TinyNetwork {
  public:
    TinyNetwork() {
        const std::vector<float> values = normal_values(12 + 8, 5);
        for (const float value : values) weights.push_back(0.7 * static_cast<double>(value));
    }

    double loss(const std::vector<double>& w) const {
        double sum = 0;
        for (int example = 0; example < 5; ++example) sum += loss_of(example, w);
        return sum / 5;
    }

    double loss_of(int example, const std::vector<double>& w) const {
        const double x[3] = {std::sin(1.0 + example), std::cos(2.0 * example), 0.3 * example - 0.5};
        const double target[2] = {0.2 * example, -0.4};
        double hidden[4];
        for (std::size_t h = 0; h < 4; ++h) {
            hidden[h] = std::tanh(w[3 * h] * x[0] + w[3 * h + 1] * x[1] + w[3 * h + 2] * x[2]);
        }
        double sum = 0;
        for (std::size_t o = 0; o < 2; ++o) {
            double y = -target[o];
            for (std::size_t h = 0; h < 4; ++h) y += w[12 + 4 * o + h] * hidden[h];
            sum += y * y / 2;
        }
        return sum;
    }

    std::vector<double> gradient(const std::vector<double>& w) const {
        std::vector<double> out;
        for (std::size_t i = 0; i < w.size(); ++i) {
            out.push_back(slope([&](double d) { return loss(moved(w, i, d)); }));
        }
        return out;
    }

    static double slope(const std::function<double(double)>& f) {
        return (f(kStep) - f(-kStep)) / (2 * kStep);
    }
    static std::vector<double> moved(std::vector<double> w, std::size_t i, double by) {
        w[i] += by;
        return w;
    }
    /// w with weight i times c.
    static std::vector<double> scaled(std::vector<double> w, std::size_t i, double c) {
        w[i] *= c;
        return w;
    }

    std::vector<double> weights;
};

std::vector<float> floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

void expect_near(const std::vector<float>& scores, const std::vector<double>& expected, double relative) {
    ASSERT_EQ(scores.size(), expected.size());
    double largest = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < scores.size(); ++i) {
        EXPECT_NEAR(scores[i], expected[i], relative * largest) << "weight " << i;
    }
}

class Criteria : public ::testing::Test {
  protected:
    Criteria() : weight_(floats(net_.weights)), gradient_(floats(net_.gradient(net_.weights))) {
        candidate_ = {.name = "w", .shape = {20}, .weight = weight_, .signals = {{"gradient", gradient_}}};
    }

    /// value(i) for each weight.
    std::vector<double> each(const std::function<double(std::size_t)>& value) const {
        std::vector<double> out;
        for (std::size_t i = 0; i < net_.weights.size(); ++i) out.push_back(value(i));
        return out;
    }

    TinyNetwork net_;
    std::vector<float> weight_;
    std::vector<float> gradient_;
    Candidate candidate_;
};

TEST_F(Criteria, MagnitudeIsTheDistanceToZero) {
    expect_near(scores_of(candidate_, "magnitude"),
                each([&](std::size_t i) { return std::sqrt(net_.weights[i] * net_.weights[i]); }), 1e-6);
}

TEST_F(Criteria, MagnitudeIncreaseIsWhatWasGainedSinceTheStart) {
    const std::vector<float> weight = {1, -2, 0.5F, 0};
    const std::vector<float> initial = {-3, 1, 0.5F, -0.25F};
    const Candidate candidate{
        .name = "w", .shape = {4}, .weight = weight, .signals = {{"initial-weight", initial}}};
    EXPECT_EQ(scores_of(candidate, "magnitude-increase"), (std::vector<float>{-2, 1, 0, -0.25F}));
}

TEST_F(Criteria, GradientIsTheSlopeOfTheLoss) {
    expect_near(scores_of(candidate_, "gradient"), each([&](std::size_t i) {
                    const auto loss = [&](double d) {
                        return net_.loss(TinyNetwork::moved(net_.weights, i, d));
                    };
                    return std::abs(TinyNetwork::slope(loss));
                }),
                1e-6);
}

TEST_F(Criteria, TaylorIsTheLossOfRemovingAWeightToFirstOrder) {
    // A hundredth of the weight is removed, and the change taken a hundred times.
    expect_near(scores_of(candidate_, "taylor"), each([&](std::size_t i) {
                    const double less = net_.loss(TinyNetwork::scaled(net_.weights, i, 0.99));
                    const double more = net_.loss(TinyNetwork::scaled(net_.weights, i, 1.01));
                    return std::abs(more - less) / 0.02;
                }),
                1e-4);
}

TEST_F(Criteria, SnipIsTheSlopeInTheConnectionsMask) {
    expect_near(scores_of(candidate_, "snip"), each([&](std::size_t i) {
                    const auto loss = [&](double d) {
                        return net_.loss(TinyNetwork::scaled(net_.weights, i, 1 + d));
                    };
                    return std::abs(TinyNetwork::slope(loss));
                }),
                1e-6);
}

TEST_F(Criteria, GraspIsHalfTheSlopeOfTheSquaredGradientInTheMask) {
    const std::vector<double> gradient = net_.gradient(net_.weights);
    // H g as the slope of the gradient along itself.
    std::vector<double> ahead = net_.weights;
    std::vector<double> behind = net_.weights;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        ahead[i] += 1e-3 * gradient[i];
        behind[i] -= 1e-3 * gradient[i];
    }
    const std::vector<double> g1 = net_.gradient(ahead);
    const std::vector<double> g0 = net_.gradient(behind);
    const std::vector<float> hessian_gradient =
        floats(each([&](std::size_t i) { return (g1[i] - g0[i]) / 2e-3; }));
    candidate_.signals["hessian-gradient"] = hessian_gradient;

    const auto squared_norm = [&](const std::vector<double>& w) {
        double sum = 0;
        for (const double g : net_.gradient(w)) sum += g * g;
        return sum;
    };
    expect_near(scores_of(candidate_, "grasp"), each([&](std::size_t i) {
                    const double more = squared_norm(TinyNetwork::scaled(net_.weights, i, 1.001));
                    const double less = squared_norm(TinyNetwork::scaled(net_.weights, i, 0.999));
                    return (more - less) / 0.002 / 2;
                }),
                1e-4);
}

TEST(Fisher, IsTheExactLossOfAWeightOfALinearModelAtItsMinimum) {
    // y = w x with residuals of +1 and -1 for every x: the loss is least, its Hessian is E[x_i^2], and so is
    // E[g^2].
    const std::vector<double> w = {0.5, -1.25, 2};
    const std::vector<std::vector<double>> inputs = {{1, 0.5, -2}, {0.25, -1, 1}, {-3, 2, 0.5}};
    const auto loss = [&](const std::vector<double>& v) {
        double sum = 0;
        for (const auto& x : inputs) {
            for (const double residual : {-1.0, 1.0}) {
                double error = residual;
                for (std::size_t i = 0; i < 3; ++i) error += (v[i] - w[i]) * x[i];
                sum += error * error / 2 / 6;
            }
        }
        return sum;
    };
    std::vector<double> squared_gradient(3);
    for (const auto& x : inputs) {
        for (std::size_t i = 0; i < 3; ++i) squared_gradient[i] += x[i] * x[i] / 3;  // residual^2 is 1
    }
    const std::vector<float> weight = floats(w);
    const std::vector<float> signal = floats(squared_gradient);
    const Candidate candidate{
        .name = "w", .shape = {1, 3}, .weight = weight, .signals = {{"squared-gradient", signal}}};
    std::vector<double> expected;
    for (std::size_t i = 0; i < 3; ++i) expected.push_back(loss(TinyNetwork::scaled(w, i, 0)) - loss(w));
    expect_near(scores_of(candidate, "fisher"), expected, 1e-6);
}

TEST(Movement, IsWhatGradientDescentMovedWeightsAwayFromZero) {
    // w' = w - a g gives w'^2 - w^2 = -2 a w g + a^2 g^2, so the sum of -w g is known from where w ends.
    const TinyNetwork net;
    constexpr double kRate = 0.05;
    std::vector<double> w = net.weights;
    std::vector<double> movement(w.size());
    std::vector<double> squares(w.size());
    for (int step = 0; step < 20; ++step) {
        const std::vector<double> g = net.gradient(w);
        for (std::size_t i = 0; i < w.size(); ++i) {
            movement[i] -= w[i] * g[i];
            squares[i] += kRate * kRate * g[i] * g[i];
            w[i] -= kRate * g[i];
        }
    }
    const std::vector<float> weight = floats(w);
    const std::vector<float> signal = floats(movement);
    const Candidate candidate{
        .name = "w", .shape = {20}, .weight = weight, .signals = {{"movement", signal}}};
    std::vector<double> expected;
    for (std::size_t i = 0; i < w.size(); ++i) {
        expected.push_back((w[i] * w[i] - net.weights[i] * net.weights[i] - squares[i]) / (2 * kRate));
    }
    expect_near(scores_of(candidate, "movement"), expected, 1e-5);
}

/// Two rows, by hand and by brute force: what the layer's output changes by without the weight.
void expect_wanda(int output_axis) {
    constexpr std::size_t kOutputs = 2;
    constexpr std::size_t kInputs = 3;
    const std::vector<std::vector<double>> inputs = {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}, {-1, 0.25, 4}};
    const auto at = [&](std::size_t o, std::size_t i) {
        return output_axis == 0 ? o * kInputs + i : i * kOutputs + o;
    };
    const std::vector<float> weight = {0.5F, -1, 2, 4, -0.125F, 1};
    std::vector<float> norm(kInputs);
    for (std::size_t i = 0; i < kInputs; ++i) {
        double sum = 0;
        for (const auto& x : inputs) sum += x[i] * x[i];
        norm[i] = static_cast<float>(std::sqrt(sum));
    }
    std::vector<double> expected(weight.size());
    for (std::size_t o = 0; o < kOutputs; ++o) {
        for (std::size_t i = 0; i < kInputs; ++i) {
            double sum = 0;
            for (const auto& x : inputs) {
                double with = 0;
                double without = 0;
                for (std::size_t j = 0; j < kInputs; ++j) {
                    with += static_cast<double>(weight[at(o, j)]) * x[j];
                    if (j != i) without += static_cast<double>(weight[at(o, j)]) * x[j];
                }
                sum += (with - without) * (with - without);
            }
            expected[at(o, i)] = std::sqrt(sum);
        }
    }
    const Shape shape = output_axis == 0 ? Shape{2, 3} : Shape{3, 2};
    const Candidate candidate{.name = "w",
                              .shape = shape,
                              .weight = weight,
                              .signals = {{"input-norm", norm}},
                              .output_axis = output_axis};
    expect_near(scores_of(candidate, "wanda"), expected, 1e-6);
}

TEST(Wanda, IsWhatTheOutputChangesByWithoutTheWeight) {
    expect_wanda(0);
    expect_wanda(1);
}

TEST(Wanda, TakesNormsOfChannelsAndOfColumns) {
    const std::vector<float> weight(2 * 2 * 3, 1.0F);
    const std::vector<float> by_channel = {2, 5};
    const std::vector<float> by_column = {1, 2, 3, 4, 5, 6};
    Candidate candidate{
        .name = "w", .shape = {2, 2, 3}, .weight = weight, .signals = {{"input-norm", by_channel}}};
    EXPECT_EQ(scores_of(candidate, "wanda"), (std::vector<float>{2, 2, 2, 5, 5, 5, 2, 2, 2, 5, 5, 5}));
    candidate.signals["input-norm"] = by_column;
    EXPECT_EQ(scores_of(candidate, "wanda"), (std::vector<float>{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}));
    candidate.output_axis = 1;
    EXPECT_EQ(scores_of(candidate, "wanda"), (std::vector<float>{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
}

TEST(BatchNormScale, IsThatOfTheOutput) {
    const std::vector<float> weight(3 * 2 * 2, 1.0F);
    const std::vector<float> gamma = {0.5F, -2, 0.25F};
    Candidate candidate{
        .name = "w", .shape = {3, 2, 2}, .weight = weight, .signals = {{"batch-norm-scale", gamma}}};
    EXPECT_EQ(scores_of(candidate, "batch-norm-scale"),
              (std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F, 2, 2, 2, 2, 0.25F, 0.25F, 0.25F, 0.25F}));
    // A filter scores its gamma whatever the unit norm, so layers of different size can compete.
    EXPECT_EQ(scores_of(candidate, "batch-norm-scale", "filter", "l1"), (std::vector<float>{0.5F, 2, 0.25F}));
    candidate.shape = {2, 3, 2};
    candidate.output_axis = 1;
    EXPECT_EQ(scores_of(candidate, "batch-norm-scale"),
              (std::vector<float>{0.5F, 0.5F, 2, 2, 0.25F, 0.25F, 0.5F, 0.5F, 2, 2, 0.25F, 0.25F}));
}

TEST(Fpgm, IsTheMeanDistanceToTheOtherFilters) {
    const std::vector<float> weight = normal_values(5 * 4 * 3 * 3, 3);
    const Candidate candidate{.name = "w", .shape = {5, 4, 3, 3}, .weight = weight};
    std::vector<double> expected;
    for (std::size_t u = 0; u < 5; ++u) {
        double sum = 0;
        for (std::size_t v = 0; v < 5; ++v) {
            double squares = 0;
            for (std::size_t i = 0; i < 36; ++i) {
                squares += std::pow(
                    static_cast<double>(weight[u * 36 + i]) - static_cast<double>(weight[v * 36 + i]), 2);
            }
            sum += std::sqrt(squares);
        }
        expected.push_back(sum / 4);
    }
    expect_near(scores_of(candidate, "fpgm", "filter"), expected, 1e-6);
}

TEST(Fpgm, TheUnitNearestToTheMedianGoesFirst) {
    // Points on a line: the geometric median of 0, 1, 2, 6, 100 is 2. What is pruned does not count.
    const std::vector<float> weight = {0, 100, 2, 1, 6, 7};
    const Candidate candidate{.name = "w", .shape = {6, 1}, .weight = weight};
    Mask current({6, 1});
    current.set(5, false);
    const std::vector<float> scores = scores_of(candidate, "fpgm", "filter", "l1", &current);
    EXPECT_EQ(scores[5], kPrunedScore);
    EXPECT_EQ(std::min_element(scores.begin(), scores.end() - 1) - scores.begin(), 2);
    EXPECT_FLOAT_EQ(scores[2], (2 + 98 + 1 + 4) / 4.0F);
}

TEST(RandomCriterion, IsUniformAndDependsOnNameSeedAndPositionOnly) {
    const std::vector<float> weight(10000, 1.0F);
    Candidate candidate{.name = "a", .shape = {10000}, .weight = weight};
    const std::vector<float> scores = scores_of(candidate, "random");
    int tenths[10] = {};
    for (const float score : scores) ++tenths[std::clamp(static_cast<int>(score * 10), 0, 9)];
    for (const int count : tenths) EXPECT_NEAR(count, 1000, 120);
    const std::vector<float> others(10000, -3.0F);
    candidate.weight = others;
    EXPECT_EQ(scores_of(candidate, "random"), scores);
    EXPECT_NE(scores_of(candidate, "random", "element", "l1", nullptr, 1), scores);
    candidate.name = "b";
    EXPECT_NE(scores_of(candidate, "random"), scores);
}

// Outputs sum to 3 and 7, inputs to 4 and 6; |x| = 4 and 9: (1/3 + 1/4) * 2, (2/3 + 2/6) * 3, (3/7 + 3/4) *
// 2, (4/7 + 4/6) * 3.
TEST_F(Criteria, RiaByHand) {
    for (const int output_axis : {0, 1}) {
        const std::vector<float> weight =
            output_axis == 0 ? std::vector<float>{1, -2, 3, 4} : std::vector<float>{1, 3, -2, 4};
        Candidate candidate{.name = "a", .shape = {2, 2}, .weight = weight};
        candidate.output_axis = output_axis;
        const std::vector<float> by_input = input_sums(candidate);
        const std::vector<float> by_output = output_sums(candidate);
        EXPECT_EQ(by_input, (std::vector<float>{4, 6}));
        EXPECT_EQ(by_output, (std::vector<float>{3, 7}));
        const std::vector<float> norm = {4, 9};
        candidate.signals = {{"input-norm", norm}, {"input-sum", by_input}, {"output-sum", by_output}};
        const std::vector<double> expected = output_axis == 0
                                                 ? std::vector<double>{7.0 / 6, 3, 33.0 / 14, 26.0 / 7}
                                                 : std::vector<double>{7.0 / 6, 33.0 / 14, 3, 26.0 / 7};
        expect_near(scores_of(candidate, "ria"), expected, 1e-6);
    }
    // Of a convolution sums are by place in the kernel, [2, 1, 1, 2].
    const std::vector<float> weight = {1, 2, 3, 4};
    const Candidate convolution{.name = "c", .shape = {2, 1, 1, 2}, .weight = weight};
    EXPECT_EQ(input_sums(convolution), (std::vector<float>{4, 6}));
    EXPECT_EQ(output_sums(convolution), (std::vector<float>{3, 7}));
}

}  // namespace
}  // namespace espalier::prune
