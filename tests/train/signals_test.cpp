// Every signal against an independent computation in double: a small network written out by hand, its
// derivatives by central differences.
#include "train/collect/signals.h"
#include "prune/request/signal.h"
#include "train/signal_source.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/expect_error.h"
#include "base/random.h"
#include "espalier/surgery.h"
#include "graph/builder.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kIn = 4;
constexpr std::int64_t kHidden = 5;
constexpr std::int64_t kClasses = 3;
constexpr std::int64_t kExamples = 12;

using Doubles = std::map<std::string, std::vector<double>>;

class SignalsTest : public ::testing::Test {
  protected:
    SignalsTest() {
        GraphBuilder builder("small", 3);
        std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(2), Dim(2)});
        x = builder.flatten("flatten", x);
        x = builder.linear("a", x, kIn, kHidden);
        x = builder.relu("relu", x);
        x = builder.linear("b", x, kHidden, kClasses);
        builder.output(x);
        graph_ = std::move(builder).finish();
        for (float& bias : graph_.initializers.at("a.bias").f32()) bias = 0.1F;

        Random random(5, "signals");
        dataset_.name = "random";
        Tensor images(DType::u8, {kExamples, 1, 2, 2});
        for (auto& byte : images.as<std::uint8_t>()) byte = static_cast<std::uint8_t>(random.below(256));
        std::vector<std::int32_t> labels;
        for (std::int64_t i = 0; i < kExamples; ++i) {
            labels.push_back(static_cast<std::int32_t>(random.below(kClasses)));
        }
        dataset_.train = {std::move(images), labels};
        dataset_.normalization = {{0.5F}, {0.25F}};
        dataset_.classes = kClasses;
        recipe_.train.batch_size = 4;
        for (const auto& [name, tensor] : graph_.initializers) {
            parameters_[name] = {tensor.f32().begin(), tensor.f32().end()};
        }
    }

    std::vector<double> input(std::int64_t example) const {
        std::vector<double> x;
        for (std::int64_t k = 0; k < kIn; ++k) {
            const double byte =
                dataset_.train.images().as<std::uint8_t>()[static_cast<std::size_t>(example * kIn + k)];
            x.push_back((byte / 255 - 0.5) / 0.25);
        }
        return x;
    }

    static std::vector<double> layer(const Doubles& p, const std::string& name,
                                     const std::vector<double>& x) {
        std::vector<double> y = p.at(name + ".bias");
        for (std::size_t o = 0; o < y.size(); ++o) {
            for (std::size_t i = 0; i < x.size(); ++i)
                y[o] += p.at(name + ".weight")[o * x.size() + i] * x[i];
        }
        return y;
    }

    double loss(const Doubles& p, std::int64_t example) const {
        std::vector<double> h = layer(p, "a", input(example));
        for (double& v : h) v = std::max(v, 0.0);
        const std::vector<double> z = layer(p, "b", h);
        double sum = 0;
        for (const double v : z) sum += std::exp(v);
        return std::log(sum) -
               z[static_cast<std::size_t>(dataset_.train.classes()[static_cast<std::size_t>(example)])];
    }

    double mean_loss(const Doubles& p) const {
        double sum = 0;
        for (std::int64_t i = 0; i < kExamples; ++i) sum += loss(p, i);
        return sum / kExamples;
    }

    /// Central difference of `f` by one parameter.
    template <class F>
    double slope(const std::string& name, std::size_t index, F&& f) const {
        constexpr double kStep = 1e-6;
        Doubles p = parameters_;
        p.at(name)[index] += kStep;
        const double up = f(p);
        p.at(name)[index] -= 2 * kStep;
        return (up - f(p)) / (2 * kStep);
    }

    /// Collects one signal over the whole training set; gives it by weight.
    std::map<std::string, std::vector<float>> collect(std::string_view signal) {
        const std::vector<std::string_view> needs = {signal};
        const Signals signals = Signals::collect({.graph = graph_,
                                                  .weights = graph_.initializers,
                                                  .dataset = &dataset_,
                                                  .recipe = recipe_,
                                                  .needs = needs,
                                                  .batches = 3,
                                                  .initial = &graph_.initializers});
        auto candidates = surgery::candidates(graph_, graph_.initializers);
        signals.attach(candidates);
        std::map<std::string, std::vector<float>> out;
        for (const auto& candidate : candidates) {
            out[candidate.name] = {candidate.signal(signal).begin(), candidate.signal(signal).end()};
        }
        return out;
    }

    Graph graph_;
    data::Dataset dataset_;
    Recipe recipe_;
    Doubles parameters_;
};

TEST_F(SignalsTest, GradientIsTheSlopeOfTheMeanLoss) {
    for (const auto& [name, values] : collect("gradient")) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_NEAR(values[i], slope(name, i, [&](const Doubles& p) { return mean_loss(p); }), 1e-5)
                << name << i;
        }
    }
}

TEST_F(SignalsTest, SquaredGradientIsTheMeanOverExamples) {
    for (const auto& [name, values] : collect("squared-gradient")) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            double expected = 0;
            for (std::int64_t e = 0; e < kExamples; ++e) {
                expected +=
                    std::pow(slope(name, i, [&](const Doubles& p) { return loss(p, e); }), 2) / kExamples;
            }
            EXPECT_NEAR(values[i], expected, 1e-5) << name << i;
        }
    }
}

TEST_F(SignalsTest, HessianGradientIsTheSlopeOfHalfTheSquaredGradientNorm) {
    // d/dw_i (|g|^2 / 2) = (H g)_i, with g by differences of the loss: an outer difference over inner ones.
    const auto half_squared_norm = [&](const Doubles& at) {
        constexpr double kStep = 1e-4;
        double sum = 0;
        for (const auto& [name, values] : at) {
            for (std::size_t i = 0; i < values.size(); ++i) {
                Doubles p = at;
                p.at(name)[i] += kStep;
                const double up = mean_loss(p);
                p.at(name)[i] -= 2 * kStep;
                sum += std::pow((up - mean_loss(p)) / (2 * kStep), 2) / 2;
            }
        }
        return sum;
    };
    constexpr double kOuter = 1e-4;
    for (const auto& [name, values] : collect("hessian-gradient")) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            Doubles p = parameters_;
            p.at(name)[i] += kOuter;
            const double up = half_squared_norm(p);
            p.at(name)[i] -= 2 * kOuter;
            EXPECT_NEAR(values[i], (up - half_squared_norm(p)) / (2 * kOuter), 1e-4) << name << i;
        }
    }
}

TEST_F(SignalsTest, InputNormIsTheRootOfTheSumOfSquares) {
    const auto norms = collect("input-norm");
    ASSERT_EQ(norms.at("a.weight").size(), static_cast<std::size_t>(kIn));
    ASSERT_EQ(norms.at("b.weight").size(), static_cast<std::size_t>(kHidden));
    for (std::size_t k = 0; k < kIn; ++k) {
        double sum = 0;
        for (std::int64_t e = 0; e < kExamples; ++e) sum += std::pow(input(e)[k], 2);
        EXPECT_NEAR(norms.at("a.weight")[k], std::sqrt(sum), 1e-4);
    }
}

TEST_F(SignalsTest, FlowIsWhatTheChainGives) {
    auto candidates = surgery::candidates(graph_, graph_.initializers);
    const auto expected = prune::chain_flow(candidates, nullptr);
    const auto flow = collect("flow");
    for (std::size_t layer = 0; layer < candidates.size(); ++layer) {
        const auto& got = flow.at(candidates[layer].name);
        ASSERT_EQ(got.size(), expected[layer].size());
        for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[layer][i], 1e-5);
    }
}

TEST(SignalTables, EverySignalIsTakenAndEveryCriterionsNeedsAreSignals) {
    for (const prune::Signal* signal : prune::signals())
        EXPECT_NE(signals().find(signal->name), nullptr) << signal->name;
    EXPECT_EQ(signals().size(), prune::signals().size());
    for (const prune::Criterion* criterion : prune::criteria()) {
        for (const std::string_view need : criterion->needs) EXPECT_NO_THROW(prune::signals().get(need));
    }
}

TEST_F(SignalsTest, SaysWhatIsMissing) {
    const std::vector<std::string_view> needs = {"movement"};
    EXPECT_ERROR(InvalidArgument, "movement, which only a training has",
                 Signals::collect(
                     {.graph = graph_, .weights = graph_.initializers, .recipe = recipe_, .needs = needs}));
    const std::vector<std::string_view> gradient = {"gradient"};
    EXPECT_ERROR(
        InvalidArgument, "there is no data",
        Signals::collect(
            {.graph = graph_, .weights = graph_.initializers, .recipe = recipe_, .needs = gradient}));
    const std::vector<std::string_view> scale = {"batch-norm-scale"};
    EXPECT_ERROR(InvalidArgument, "no batch normalisation",
                 Signals::collect(
                     {.graph = graph_, .weights = graph_.initializers, .recipe = recipe_, .needs = scale}));
}

}  // namespace
}  // namespace espalier::train
