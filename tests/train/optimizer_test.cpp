// Every optimiser against its formula in double.
#include "train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace espalier::train {
namespace {

constexpr std::size_t kCount = 37;  // no whole number of vectors
constexpr int kSteps = 50;

struct Trace {
    std::vector<float> weight, mask;
    std::vector<std::vector<float>> gradients;  // a step each
};

Trace random_trace() {
    Random random(11, "optimizer");
    Trace trace;
    for (std::size_t i = 0; i < kCount; ++i) {
        trace.mask.push_back(i % 3 == 0 ? 0.0F : 1.0F);
        trace.weight.push_back(trace.mask[i] != 0 ? random.normal() : 0.0F);
    }
    for (int step = 0; step < kSteps; ++step) {
        auto& gradient = trace.gradients.emplace_back();
        for (std::size_t i = 0; i < kCount; ++i) gradient.push_back(random.normal());
    }
    return trace;
}

std::vector<float> optimize(const std::string& name, const Recipe::Optimizer& settings, const Trace& trace) {
    const Optimizer& optimizer = optimizers().get(name);
    std::vector<float> weight = trace.weight;
    std::vector<float> state[2] = {std::vector<float>(kCount, 0.0F), std::vector<float>(kCount, 0.0F)};
    for (int step = 0; step < kSteps; ++step) {
        std::vector<float> gradient = trace.gradients[static_cast<std::size_t>(step)];
        optimizer.update({.count = kCount,
                          .weight = weight.data(),
                          .gradient = gradient.data(),
                          .mask = trace.mask.data(),
                          .state = {state[0].data(), state[1].data()}},
                         settings, step + 1);
        for (std::size_t i = 0; i < kCount; ++i) {
            if (trace.mask[i] != 0) continue;
            EXPECT_EQ(weight[i], 0.0F);
            EXPECT_EQ(gradient[i], 0.0F);
            EXPECT_EQ(state[0][i], 0.0F);
            EXPECT_EQ(state[1][i], 0.0F);
        }
    }
    return weight;
}

void expect_close(const std::vector<float>& got, const std::vector<double>& expected) {
    for (std::size_t i = 0; i < got.size(); ++i)
        EXPECT_NEAR(got[i], expected[i], 1e-5 * (1 + std::abs(expected[i])));
}

TEST(Optimizer, SgdFollowsItsFormula) {
    for (const bool nesterov : {false, true}) {
        const Recipe::Optimizer s{.name = "sgd",
                                  .learning_rate = 0.05,
                                  .momentum = 0.9,
                                  .nesterov = nesterov,
                                  .weight_decay = 0.01};
        const Trace trace = random_trace();
        std::vector<double> w(trace.weight.begin(), trace.weight.end());
        std::vector<double> b(kCount, 0.0);
        for (const auto& gradient : trace.gradients) {
            for (std::size_t i = 0; i < kCount; ++i) {
                if (trace.mask[i] == 0) continue;
                const double g = gradient[i] + s.weight_decay * w[i];
                b[i] = s.momentum * b[i] + g;
                w[i] -= s.learning_rate * (nesterov ? g + s.momentum * b[i] : b[i]);
            }
        }
        expect_close(optimize("sgd", s, trace), w);
    }
}

TEST(Optimizer, AdamFollowsItsFormula) {
    const Recipe::Optimizer s{.name = "adam", .learning_rate = 0.01, .weight_decay = 0.01};
    const Trace trace = random_trace();
    std::vector<double> w(trace.weight.begin(), trace.weight.end());
    std::vector<double> m(kCount, 0.0);
    std::vector<double> v(kCount, 0.0);
    for (int step = 1; step <= kSteps; ++step) {
        for (std::size_t i = 0; i < kCount; ++i) {
            if (trace.mask[i] == 0) continue;
            const double g = trace.gradients[static_cast<std::size_t>(step - 1)][i] + s.weight_decay * w[i];
            m[i] = s.beta1 * m[i] + (1 - s.beta1) * g;
            v[i] = s.beta2 * v[i] + (1 - s.beta2) * g * g;
            w[i] -= s.learning_rate * (m[i] / (1 - std::pow(s.beta1, step))) /
                    (std::sqrt(v[i] / (1 - std::pow(s.beta2, step))) + s.epsilon);
        }
    }
    expect_close(optimize("adam", s, trace), w);
}

TEST(Optimizer, EveryEntryKeepsPrunedWeightsAtZeroEvenWhenGradientsAreNot) {
    for (const Optimizer* optimizer : optimizers()) {
        const Recipe::Optimizer s{.name = std::string(optimizer->name), .momentum = 0.9, .weight_decay = 0.1};
        optimize(s.name, s, random_trace());
    }
}

}  // namespace
}  // namespace espalier::train
