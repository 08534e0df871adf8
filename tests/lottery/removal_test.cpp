// Recipes whose cuts leave the network: what runs record, what they write, and what is refused.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/expect_error.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"
#include "lottery/ran.h"

namespace espalier::lottery {
namespace {

using testing::Ran;

const std::string kHalves = "remove = true\nrounds = 2\nrate = 0.5\n";

Graph ticket(const Ran& ran, int level) { return onnx::read(ran.run().ticket_path(level, 0)); }

double accuracy(const Graph& graph, const data::Dataset& dataset) {
    runtime::Session session = runtime::compile(graph);
    const data::Examples& test = dataset.test;
    Tensor images(DType::f32, test.images().shape());
    for (std::size_t i = 0; i < images.f32().size(); ++i) {
        const float pixel = static_cast<float>(test.images().as<std::uint8_t>()[i]) / 255;
        images.f32()[i] = (pixel - dataset.normalization.mean[0]) / dataset.normalization.deviation[0];
    }
    const Tensor out = session.run({{graph.inputs.front().name, images}}).front();
    const std::int64_t classes = out.shape()[1];
    double correct = 0;
    for (std::int64_t i = 0; i < test.count(); ++i) {
        const auto row =
            out.f32().subspan(static_cast<std::size_t>(i * classes), static_cast<std::size_t>(classes));
        correct += std::ranges::max_element(row) - row.begin() == test.classes()[static_cast<std::size_t>(i)];
    }
    return correct / static_cast<double>(test.count());
}

TEST(RemovalRun, LevelsGetNarrower) {
    const Ran ran(kHalves + "[retrain]\nto = \"3it\"\n");
    const store::Stage dense = ran.record(0);
    const store::Stage last = ran.record(2);
    EXPECT_EQ(dense.layers[0].width, 300);
    EXPECT_EQ(last.layers[0].width, 75);
    EXPECT_EQ(last.layers[0].width_total, 300);
    EXPECT_EQ(last.layers[1].width, 25);
    EXPECT_EQ(last.layers[2].width, 10);
    EXPECT_EQ(last.layers[1].left, 75 * 25);  // what is left of a layer between two cut ones

    const Graph small = ticket(ran, 2);
    EXPECT_EQ(small.initializers.at("fc1.weight").shape(), (Shape{75, 36}));
    EXPECT_EQ(small.initializers.at("fc2.weight").shape(), (Shape{25, 75}));
    EXPECT_EQ(small.initializers.at("fc3.weight").shape(), (Shape{10, 25}));
    EXPECT_EQ(ticket(ran, 0).initializers.at("fc1.weight").shape(), (Shape{300, 36}));
    EXPECT_NEAR(accuracy(small, ran.dataset()), last.test_accuracy, 1e-9);
    EXPECT_GT(last.test_accuracy, 0.5);
}

/// The dense network, which learns by the labels alone, teaches the smaller ones.
TEST(RemovalRun, ABuiltInNetworkIsTaughtByItsDenseSelf) {
    const std::vector<std::string> taught = {"train.loss=distillation", "train.teacher=itself"};
    const Ran ran(kHalves + "[retrain]\nto = \"3it\"\n", "", 1, taught);
    const Ran alone(kHalves + "[retrain]\nto = \"3it\"\n");
    EXPECT_EQ(ran.weights(0, "weights.safetensors"), alone.weights(0, "weights.safetensors"));
    EXPECT_NE(ran.weights(1, "weights.safetensors"), alone.weights(1, "weights.safetensors"));
    EXPECT_EQ(ran.record(2).layers[0].width, 75);
    EXPECT_GT(ran.record(2).test_accuracy, 0.5);
}

TEST(RemovalRun, ATicketThatIsLostIsWrittenAgain) {
    Ran ran(kHalves);
    const auto path = ran.run().ticket_path(2, 0);
    const Graph before = onnx::read(path);
    std::filesystem::remove(path);
    ran.run_all();
    EXPECT_EQ(onnx::read(path).initializers, before.initializers);
}

TEST(RemovalRun, FineTuningAndSchedulesDuringTraining) {
    const Ran tuned(kHalves + "[retrain]\nmode = \"fine-tune\"\nsteps = \"4it\"\n");
    EXPECT_EQ(ticket(tuned, 2).initializers.at("fc2.weight").shape(), (Shape{25, 75}));
    const Ran gradual(
        "remove = true\nschedule = \"agp\"\nrounds = 1\nsparsity = 0.5\nevery = \"4it\"\ncriterion = "
        "\"taylor\"\nscope = \"layer-wise\"\n");
    const store::Stage last = gradual.record(gradual.count() - 1);
    EXPECT_EQ(last.layers[0].width, 150);
    EXPECT_EQ(ticket(gradual, 1).initializers.at("fc2.weight").shape(), (Shape{50, 150}));
}

TEST(RemovalRun, MultiplyAddsOverRounds) {
    const Ran ran("remove = true\nrounds = 2\nmacs = 0.25\n");
    const double dense = ran.record(0).macs_left();
    EXPECT_NEAR(ran.record(1).macs_left() / dense, 0.5, 0.01);
    EXPECT_NEAR(ran.record(2).macs_left() / dense, 0.25, 0.01);
}

TEST(RemovalRun, ARandomMaskIsOneOfUnits) {
    const Ran ran("remove = true\nrounds = 1\nrate = 0.5\n", "controls = [\"random-mask\"]\n");
    std::size_t control = 0;
    while (ran.spec(control).arm() != "random-mask") ++control;
    const store::Stage random = ran.record(control);
    EXPECT_EQ(random.layers[0].width, 150);
    EXPECT_EQ(random.layers[1].left, ran.record(1).layers[1].left);
    EXPECT_NE(ran.masks(control), ran.masks(1));
}

TEST(RemovalRun, WhatCannotBeIsRefused) {
    const auto refuse = [](const std::string& prune, const std::string& more = "") {
        check_names(Recipe::from_text("[prune]\nremove = true\n" + prune + more, "r.toml"));
    };
    EXPECT_ERROR(BadRecipe, "prune.remove takes out whole units",
                 refuse("granularity = \"2:4\"\nrounds = 1\n"));
    EXPECT_ERROR(BadRecipe, "it moves single weights",
                 refuse("schedule = \"rigl\"\nrounds = 1\nsparsity = 0.5\n"));
    EXPECT_ERROR(BadRecipe, "the outputs of the network all stay", refuse("output_layer_rate = 0.1\n"));
    EXPECT_ERROR(BadRecipe, "\"shuffled-mask\" draws single weights",
                 refuse("", "[experiment]\ncontrols = [\"shuffled-mask\"]\n"));
    EXPECT_ERROR(BadRecipe, "prune.round_to", check_names(Recipe::from_text("[prune]\nround_to = 8\n", "r")));
    EXPECT_ERROR(BadRecipe, "nothing that could be removed",
                 Ran("remove = true\nrate = 0.5\nkeep = [\"fc1*\", \"fc2*\"]\n"));
    EXPECT_ERROR(BadRecipe, "cannot be met: with 98 % of the units removed",
                 Ran("remove = true\nrounds = 1\nmacs = 0.0001\n"));
}

}  // namespace
}  // namespace espalier::lottery
