// Batch normalisation with its ReLU against LibTorch's, in both layouts of images.
#include "train/executor/batch_norm.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "graph/builder.h"
#include "train/executor/executor.h"
#include "train/executor/lanes.h"

namespace espalier::train {
namespace {

TEST(BatchNorm, HasTheValuesAndGradientsOfLibTorch) {
    at::manual_seed(3);
    for (const int threads : {1, 2}) {
        set_threads(threads);
        for (const bool in_lanes : {false, true}) {
            for (const bool relu : {false, true}) {
                const at::Tensor x = (at::randn({12, 5, 7, 6}) + 1).set_requires_grad(true);
                const at::Tensor gamma = at::randn({5}).set_requires_grad(true);
                const at::Tensor beta = at::randn({5}).set_requires_grad(true);
                const at::Tensor seed = at::randn({12, 5, 7, 6});
                const at::Tensor mean = at::randn({5});
                const at::Tensor variance = at::rand({5});
                const at::Tensor their_mean = mean.clone();
                const at::Tensor their_variance = variance.clone();

                const at::Tensor theirs =
                    at::batch_norm(x, gamma, beta, their_mean, their_variance, true, 0.1, 1e-5, false);
                const auto expected = torch::autograd::grad(
                    {((relu ? at::relu(theirs) : theirs) * seed).sum()}, {x, gamma, beta});
                const at::Tensor y = batch_norm(in_lanes ? to_lanes(x) : x, gamma, beta, mean, variance,
                                                {.momentum = 0.1, .epsilon = 1e-5, .relu = relu});
                EXPECT_EQ(is_in_lanes(y), in_lanes);
                const auto got = torch::autograd::grad({(y * seed).sum()}, {x, gamma, beta});
                EXPECT_TRUE(at::allclose(y, relu ? at::relu(theirs) : theirs, 1e-4, 1e-5));
                for (std::size_t i = 0; i < got.size(); ++i)
                    EXPECT_TRUE(at::allclose(got[i], expected[i], 1e-3, 1e-4)) << i;
                EXPECT_TRUE(at::allclose(mean, their_mean, 1e-5, 1e-6));
                EXPECT_TRUE(at::allclose(variance, their_variance, 1e-5, 1e-6));
            }
        }
    }
}

TEST(BatchNorm, HasASecondDerivative) {
    at::manual_seed(4);
    const at::Tensor x = at::randn({6, 3, 4, 4}).set_requires_grad(true);
    const at::Tensor gamma = at::randn({3}).set_requires_grad(true);
    const at::Tensor beta = at::randn({3}).set_requires_grad(true);
    std::vector<at::Tensor> second[2];
    for (int i = 0; i < 2; ++i) {
        const at::Tensor mean = at::zeros({3});
        const at::Tensor variance = at::ones({3});
        const at::Tensor y =
            i == 0
                ? batch_norm(x, gamma, beta, mean, variance, {.momentum = 0.1, .epsilon = 1e-5, .relu = true})
                : at::relu(at::batch_norm(x, gamma, beta, mean, variance, true, 0.1, 1e-5, false));
        const auto first = torch::autograd::grad({(y * y * y).sum()}, {x, gamma, beta}, {}, {}, true);
        second[i] = torch::autograd::grad(
            {first[0].square().sum() + first[1].square().sum() + first[2].square().sum()}, {x, gamma, beta});
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const double apart = (second[0][i] - second[1][i]).norm().item<double>();
        EXPECT_LE(apart, 1e-4 * second[1][i].norm().item<double>()) << i;
    }
}

TEST(JoinedRelu, IsWhatBothNodesAre) {
    GraphBuilder builder("relu", 4);
    std::string x = builder.input("input", {Dim("N"), Dim(3), Dim(5), Dim(5)});
    x = builder.relu("relu", builder.batch_norm("norm", builder.conv("conv", x, 4, {.size = 3}, false)));
    x = builder.relu("relu2", builder.add("sum", x, builder.conv("conv2", x, 4, {.size = 1}, true)));
    builder.output(builder.linear("fc", builder.flatten("flatten", x), 2));
    const Graph graph = std::move(builder).finish();
    at::manual_seed(5);
    const at::Tensor images = at::randn({6, 3, 5, 5});
    for (const bool training : {false, true}) {
        Executor joined(graph, {});
        Executor apart(graph, {});
        std::vector<std::string> seen;
        const at::Tensor seed = at::randn({6, 2});
        const at::Tensor one = joined.forward(images, {.training = training});
        const at::Tensor two = apart.forward(images, {.training = training},
                                             [&](const Node& node, auto) { seen.push_back(node.op); });
        EXPECT_TRUE(at::allclose(one, two, 1e-5, 1e-6));
        (one * seed).sum().backward();
        (two * seed).sum().backward();
        for (const auto& [name, value] : joined.parameters())
            EXPECT_TRUE(at::allclose(value.grad(), apart.parameters().at(name).grad(), 1e-4, 1e-5)) << name;
        EXPECT_EQ(joined.weights(), apart.weights());
        EXPECT_EQ(std::ranges::count(seen, "Relu"), 2);
    }
}

TEST(JoinedRelu, LetsNanAndInfThroughWhereverTheyLie) {
    GraphBuilder builder("sum", 1);
    const std::string x = builder.input("input", {Dim("N")});
    builder.output(builder.relu("relu", builder.add("sum", x, x)));
    Executor executor(std::move(builder).finish(), {});
    const at::Tensor nans = at::full({19}, std::nan(""));  // a register of 16, and three
    EXPECT_TRUE(executor.forward({{"", nans}}).isnan().all().item<bool>());
    const at::Tensor infinite = at::full({19}, std::numeric_limits<float>::infinity());
    EXPECT_TRUE(executor.forward({{"", infinite}}).isinf().all().item<bool>());
}

}  // namespace
}  // namespace espalier::train
