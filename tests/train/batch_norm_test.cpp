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
            for (const int behind : {0, 1, 2}) {  // nothing, a ReLU, a sum and a ReLU
                const bool relu = behind > 0;
                const at::Tensor addend = at::randn({12, 5, 7, 6}).set_requires_grad(true);
                const at::Tensor x = (at::randn({12, 5, 7, 6}) + 1).set_requires_grad(true);
                const at::Tensor gamma = at::randn({5}).set_requires_grad(true);
                const at::Tensor beta = at::randn({5}).set_requires_grad(true);
                const at::Tensor seed = at::randn({12, 5, 7, 6});
                const at::Tensor mean = at::randn({5});
                const at::Tensor variance = at::rand({5});
                const at::Tensor their_mean = mean.clone();
                const at::Tensor their_variance = variance.clone();

                at::Tensor theirs =
                    at::batch_norm(x, gamma, beta, their_mean, their_variance, true, 0.1, 1e-5, false);
                if (behind == 2) theirs = theirs + addend;
                if (relu) theirs = at::relu(theirs);
                std::vector<at::Tensor> of = {x, gamma, beta};
                if (behind == 2) of.push_back(addend);
                const auto expected = torch::autograd::grad({(theirs * seed).sum()}, of);
                const at::Tensor y = batch_norm(in_lanes ? to_lanes(x) : x, gamma, beta, mean, variance,
                                                {.momentum = 0.1,
                                                 .epsilon = 1e-5,
                                                 .relu = relu,
                                                 .addend = behind == 2 ? addend : at::Tensor()});
                EXPECT_EQ(is_in_lanes(y), in_lanes);
                const auto got = torch::autograd::grad({(y * seed).sum()}, of);
                EXPECT_TRUE(at::allclose(y, theirs, 1e-4, 1e-5));
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
    const at::Tensor a = at::randn({6, 3, 4, 4}).set_requires_grad(true);
    for (const bool sums : {false, true}) {
        std::vector<at::Tensor> second[2];
        for (int i = 0; i < 2; ++i) {
            const at::Tensor mean = at::zeros({3});
            const at::Tensor variance = at::ones({3});
            const at::Tensor plain = at::batch_norm(x, gamma, beta, mean, variance, true, 0.1, 1e-5, false);
            const at::Tensor y =
                i == 0
                    ? batch_norm(
                          x, gamma, beta, mean, variance,
                          {.momentum = 0.1, .epsilon = 1e-5, .relu = true, .addend = sums ? a : at::Tensor()})
                    : at::relu(sums ? plain + a : plain);
            std::vector<at::Tensor> of = {x, gamma, beta};
            if (sums) of.push_back(a);
            const auto first = torch::autograd::grad({(y * y * y).sum()}, of, {}, {}, true);
            at::Tensor squares = first[0].square().sum();
            for (std::size_t j = 1; j < of.size(); ++j) squares = squares + first[j].square().sum();
            second[i] = torch::autograd::grad({squares}, of);
        }
        for (std::size_t i = 0; i < second[0].size(); ++i) {
            const double apart = (second[0][i] - second[1][i]).norm().item<double>();
            EXPECT_LE(apart, 1e-4 * second[1][i].norm().item<double>()) << i;
        }
    }
}

TEST(JoinedSteps, AreWhatTheirNodesAre) {
    GraphBuilder builder("relu", 4);
    std::string x = builder.input("input", {Dim("N"), Dim(3), Dim(5), Dim(5)});
    x = builder.relu("relu", builder.batch_norm("norm", builder.conv("conv", x, 4, {.size = 3}, false)));
    x = builder.relu("relu2", builder.add("sum", x, builder.conv("conv2", x, 4, {.size = 1}, true)));
    for (const std::int64_t pad : {1, 0}) {  // the sum of images of one size, and of a pixel with an image
        const std::string n = std::to_string(3 + pad);
        const std::string conv = builder.conv("conv" + n, x, 4, {.size = 3, .pad = pad}, false);
        x = builder.relu("relu" + n, builder.add("sum" + n, builder.batch_norm("norm" + n, conv), x));
    }
    builder.output(builder.linear("fc", builder.flatten("flatten", x), 2));
    const Graph graph = std::move(builder).finish();
    at::manual_seed(5);
    // Nine samples lie in lanes, six do not.
    for (const auto& [samples, training] :
         {std::pair{6, false}, std::pair{6, true}, std::pair{9, false}, std::pair{9, true}}) {
        const at::Tensor images = at::randn({samples, 3, 5, 5});
        Executor joined(graph, {});
        Executor apart(graph, {});
        std::vector<std::string> seen;
        const at::Tensor seed = at::randn({samples, 2});
        const at::Tensor one = joined.forward(images, {.training = training});
        const at::Tensor two = apart.forward(images, {.training = training},
                                             [&](const Node& node, auto) { seen.push_back(node.op); });
        EXPECT_TRUE(at::allclose(one, two, 1e-5, 1e-6));
        (one * seed).sum().backward();
        (two * seed).sum().backward();
        for (const auto& [name, value] : joined.parameters())
            EXPECT_TRUE(at::allclose(value.grad(), apart.parameters().at(name).grad(), 1e-4, 1e-5)) << name;
        const Weights others = apart.weights();
        for (const auto& [name, value] : joined.weights())
            EXPECT_EQ(value, others.at(name)) << name << training;
        EXPECT_EQ(std::ranges::count(seen, "Relu"), 4);
        EXPECT_EQ(std::ranges::count(seen, "Add"), 3);
    }
}

TEST(BatchNorm, BothGradientsLetNanThrough) {
    const at::Tensor x = at::randn({4, 1, 2, 2});
    const at::Tensor ones = at::ones({1}).set_requires_grad(true);
    const at::Tensor addend = at::ones({4, 1, 2, 2});
    addend.view(-1)[3] = std::nanf("");
    addend.set_requires_grad(true);
    for (const bool twice : {false, true}) {
        const at::Tensor y = batch_norm(x, ones, at::zeros({1}), at::zeros({1}), at::ones({1}),
                                        {.momentum = 0.1, .epsilon = 1e-5, .relu = true, .addend = addend});
        const at::Tensor da = torch::autograd::grad({y.sum()}, {addend}, {}, {}, twice)[0];
        EXPECT_EQ(da.view(-1)[3].item<float>(), 1) << twice;
    }
}

TEST(JoinedSteps, LetsNanAndInfThroughWhereverTheyLie) {
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
