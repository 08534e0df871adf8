// Every optimiser against LibTorch's own on 100 steps of the same gradients.
#include "train/libtorch/torch.h"

#include <gtest/gtest.h>
#include <torch/optim.h>

#include "train/optimizer.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kCount = 200;
constexpr int kSteps = 100;

/// The weights after the steps of `theirs` on `parameter`, and of ours by `settings`.
template <class Theirs>
void compare(const Recipe::Optimizer& settings, Theirs&& make) {
    at::manual_seed(1);
    at::Tensor parameter = at::randn({kCount});
    std::vector<float> weight(parameter.data_ptr<float>(), parameter.data_ptr<float>() + kCount);
    parameter.set_requires_grad(true);
    auto optimizer = make(std::vector<at::Tensor>{parameter});
    std::vector<float> state[2] = {std::vector<float>(kCount, 0.0F), std::vector<float>(kCount, 0.0F)};
    for (int step = 1; step <= kSteps; ++step) {
        const at::Tensor gradient = at::randn({kCount});
        parameter.mutable_grad() = gradient.clone();
        optimizer.step();
        std::vector<float> ours(gradient.data_ptr<float>(), gradient.data_ptr<float>() + kCount);
        optimizers()
            .get(settings.name)
            .update({.count = kCount,
                     .weight = weight.data(),
                     .gradient = ours.data(),
                     .mask = nullptr,
                     .state = {state[0].data(), state[1].data()}},
                    settings, step);
    }
    for (std::int64_t i = 0; i < kCount; ++i) {
        const float expected = parameter.data_ptr<float>()[i];
        ASSERT_NEAR(weight[static_cast<std::size_t>(i)], expected, 2e-5 * (1 + std::abs(expected)))
            << settings.name << " " << i;
    }
}

TEST(AgainstLibTorch, Sgd) {
    for (const double momentum : {0.0, 0.9}) {
        for (const bool nesterov : {false, true}) {
            if (nesterov && momentum == 0) continue;
            const Recipe::Optimizer s{.name = "sgd",
                                      .learning_rate = 0.03,
                                      .momentum = momentum,
                                      .nesterov = nesterov,
                                      .weight_decay = 0.01};
            compare(s, [&](const std::vector<at::Tensor>& parameters) {
                return torch::optim::SGD(parameters, torch::optim::SGDOptions(s.learning_rate)
                                                         .momentum(momentum)
                                                         .nesterov(nesterov)
                                                         .weight_decay(s.weight_decay));
            });
        }
    }
}

TEST(AgainstLibTorch, Adam) {
    for (const double decay : {0.0, 0.05}) {
        const Recipe::Optimizer s{.name = "adam", .learning_rate = 0.01, .weight_decay = decay};
        compare(s, [&](const std::vector<at::Tensor>& parameters) {
            return torch::optim::Adam(parameters,
                                      torch::optim::AdamOptions(s.learning_rate).weight_decay(decay));
        });
    }
}

TEST(AgainstLibTorch, AdamW) {
    for (const double decay : {0.0, 0.05}) {
        const Recipe::Optimizer s{.name = "adamw", .learning_rate = 0.01, .weight_decay = decay};
        compare(s, [&](const std::vector<at::Tensor>& parameters) {
            return torch::optim::AdamW(parameters,
                                       torch::optim::AdamWOptions(s.learning_rate).weight_decay(decay));
        });
    }
}

TEST(AgainstLibTorch, CoversEveryOptimizer) { EXPECT_EQ(optimizers().size(), 3U); }

}  // namespace
}  // namespace espalier::train
