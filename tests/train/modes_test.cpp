// Training and evaluation passes: what batch normalisation and dropout do in each, and that a run that
// resumes goes on as if it had not stopped.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "graph/builder.h"
#include "train/blobs.h"
#include "train/executor/executor.h"
#include "train/loop/trainer.h"

namespace espalier::train {
namespace {

/// 1x6x6 images, a convolution with batch normalisation, dropout.
Graph network() {
    GraphBuilder builder("modes", 4);
    std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(6), Dim(6)});
    x = builder.batch_norm("norm", builder.conv("conv", x, 5, {.size = 3, .pad = 1}, false));
    x = builder.flatten("flatten", builder.relu("relu", x));
    x = builder.dropout("drop", builder.relu("relu2", builder.linear("fc1", x, 20)), 0.5F);
    builder.output(builder.linear("fc2", x, 10));
    return std::move(builder).finish();
}

at::Tensor images(std::int64_t count) {
    return to_torch(testing::blob_examples(count, 10, 6, "images").images()).to(at::kFloat) / 255;
}

constexpr Pass kTraining{.training = true, .seed = 1, .step = 7};

TEST(Buffers, AreWeightsButNotParameters) {
    const Graph graph = network();
    EXPECT_EQ(buffers(graph), (std::set<std::string>{"norm.mean", "norm.variance"}));
    EXPECT_EQ(parameters(graph), (std::set<std::string>{"conv.weight", "fc1.bias", "fc1.weight", "fc2.bias",
                                                        "fc2.weight", "norm.bias", "norm.scale"}));
    Executor executor(graph, {});
    EXPECT_EQ(executor.parameters().count("norm.mean"), 0U);
    EXPECT_EQ(executor.parameters().count("drop.ratio"), 0U);
    EXPECT_EQ(executor.weights().size(), 9U);
}

TEST(Buffers, FollowTheBatchesOfTrainingOnly) {
    const Graph graph = network();
    Executor executor(graph, {});
    const at::Tensor x = images(8);
    executor.forward(x);
    EXPECT_EQ(executor.weights(), Executor(graph, {}).weights());

    executor.forward(x, kTraining);
    const Weights moved = executor.weights();
    const at::Tensor z = at::conv2d(x, to_torch(graph.initializers.at("conv.weight")), {}, 1, 1);
    const at::Tensor mean = 0.1 * z.mean({0, 2, 3});
    const at::Tensor variance = 0.9 + 0.1 * z.var({0, 2, 3}, true);
    EXPECT_TRUE(at::allclose(to_torch(moved.at("norm.mean")), mean, 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(to_torch(moved.at("norm.variance")), variance, 1e-5, 1e-6));

    Executor resumed(graph, moved);
    EXPECT_TRUE(resumed.forward(x).equal(executor.forward(x)));
}

TEST(Buffers, ABatchOfOneValueHasNoVariance) {
    GraphBuilder builder("one", 1);
    builder.output(builder.batch_norm("norm", builder.input("input", {Dim("N"), Dim(3)})));
    const Graph graph = std::move(builder).finish();
    Executor executor(graph, {});
    EXPECT_ERROR(InvalidArgument, "node \"norm\": a batch of one value",
                 executor.forward(at::ones({1, 3}), kTraining));
    EXPECT_NO_THROW(executor.forward(at::ones({1, 3})));
}

TEST(Dropout, IsAFunctionOfSeedStepAndNode) {
    Executor executor(network(), {});
    const at::Tensor x = images(4);
    const at::Tensor first = executor.forward(x, kTraining);
    EXPECT_TRUE(first.equal(executor.forward(x, kTraining)));
    EXPECT_FALSE(first.equal(executor.forward(x, {.training = true, .seed = 1, .step = 8})));
    EXPECT_FALSE(first.equal(executor.forward(x, {.training = true, .seed = 2, .step = 7})));
}

TEST(Dropout, DropsItsShareAndScalesTheRest) {
    const auto executor_with = [](float ratio) {
        GraphBuilder builder("drop", 1);
        builder.output(builder.dropout("drop", builder.input("input", {Dim("N"), Dim(100)}), ratio));
        return Executor(std::move(builder).finish(), {});
    };
    Executor executor = executor_with(0.25F);
    const at::Tensor ones = at::ones({200, 100});
    EXPECT_TRUE(executor.forward(ones).equal(ones));
    const at::Tensor y = executor.forward(ones, kTraining);
    EXPECT_NEAR(y.eq(0).to(at::kFloat).mean().item<double>(), 0.25, 0.01);
    EXPECT_NEAR(y.max().item<double>(), 1 / 0.75, 1e-6);

    EXPECT_NEAR(executor_with(0.9F).forward(ones, kTraining).eq(0).to(at::kFloat).mean().item<double>(), 0.9,
                0.01);
    EXPECT_TRUE(executor_with(0).forward(ones, kTraining).equal(ones));
    EXPECT_ERROR(InvalidModel, "expected 0 to below 1", executor_with(1).forward(ones, kTraining));
}

TEST(Resume, GivesTheSameBytes) {
    const Graph graph = network();
    const data::Dataset dataset = testing::blob_dataset(90);
    Recipe recipe;
    recipe.train.batch_size = 30;
    recipe.train.optimizer = {.name = "sgd", .learning_rate = 0.01};
    recipe.experiment.evaluate_every = {0, 4};
    Job whole{.graph = graph, .dataset = dataset, .recipe = recipe, .weights = {}, .last_step = 8};
    whole.snapshots = {4};
    const Outcome outcome = run(whole);
    EXPECT_TRUE(outcome.snapshots.at(4).contains("norm.variance"));
    Job rest{.graph = graph, .dataset = dataset, .recipe = recipe, .weights = outcome.snapshots.at(4)};
    rest.first_step = 4;
    rest.last_step = 8;
    EXPECT_EQ(run(rest).weights, outcome.weights);
}

/// On a machine with one device the copies are of the CPU's own memory, by the same code.
TEST(Device, ComputingOnCopiesGivesTheSameGradientsAndStatistics) {
    const Graph graph = network();
    const auto after_a_pass = [&](bool copies) {
        Executor executor(graph, {});
        if (copies) executor.compute_on(at::kCPU);
        executor.forward(images(9), kTraining).square().sum().backward();
        std::map<std::string, at::Tensor> gradients;
        for (auto& [name, value] : executor.parameters()) gradients.emplace(name, value.grad().clone());
        return std::pair(gradients, executor.weights());
    };
    const auto [gradients, weights] = after_a_pass(false);
    const auto [copied_gradients, copied_weights] = after_a_pass(true);
    EXPECT_EQ(weights, copied_weights);
    EXPECT_NE(weights.at("norm.variance"), graph.initializers.at("norm.variance"));
    for (const auto& [name, gradient] : gradients)
        EXPECT_TRUE(gradient.equal(copied_gradients.at(name))) << name;
}

TEST(Device, OneThatIsNotThereIsRefused) {
    EXPECT_EQ(device_named("cpu"), at::kCPU);
    if (!at::hasCUDA()) EXPECT_ERROR(Unsupported, "expected \"cpu\"", device_named("cuda"));
    EXPECT_ERROR(InvalidArgument, "\"tpu\"", device_named("tpu"));
}

TEST(Buffers, AreHeldWhereTheyShallStay) {
    const Graph graph = network();
    Executor moving(graph, {});
    Executor held(graph, {});
    held.hold_buffers();
    const at::Tensor x = images(8);
    EXPECT_TRUE(held.forward(x, kTraining).equal(moving.forward(x, kTraining)));
    EXPECT_EQ(held.weights(), Executor(graph, {}).weights());
    EXPECT_NE(moving.weights(), held.weights());
}

}  // namespace
}  // namespace espalier::train
