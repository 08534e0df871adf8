// model.onnx: networks made for one example at a time, nodes that a training does not notice, and their
// metrics.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "lottery/imported.h"
#include "lottery/ran.h"
#include "train/trainer.h"

namespace espalier::lottery {
namespace {

using Ints = std::vector<std::int64_t>;

/// A convolutional network as torch exports it for one example: its Reshape holds the 1.
Graph made_for_one() {
    Graph graph;
    graph.name = "one";
    graph.inputs = {{"x", {DType::f32, {1, 1, 6, 6}}}};
    Weights weights =
        models::build("lenet-300-100", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 1}).initializers;
    graph.initializers.emplace("w", weights.at("fc3.weight"));  // 10x100
    Tensor kernel(DType::f32, {4, 1, 2, 2});
    for (std::size_t i = 0; i < kernel.f32().size(); ++i)
        kernel.f32()[i] = 0.1F * static_cast<float>(i) - 0.7F;
    graph.initializers.emplace("k", std::move(kernel));
    graph.initializers.emplace("row", Tensor::of<std::int64_t>({2}, Ints{1, 100}));
    graph.nodes = {{"", "Identity", {"w"}, {"w1"}, {}},
                   {"conv", "Conv", {"x", "k"}, {"c"}, {}},
                   {"relu", "Relu", {"c"}, {"r"}, {}},
                   {"flat", "Reshape", {"r", "row"}, {"f"}, {}},
                   {"fc", "Gemm", {"f", "w1"}, {"y"}, {{"transB", std::int64_t{1}}}}};
    graph.outputs = {{"y", {DType::f32, {1, 10}}}};
    verify(graph);
    return graph;
}

class Imported : public ::testing::Test {
  protected:
    Recipe recipe(const Graph& graph) const {
        onnx::write(folder_ / "m.onnx", graph);
        return Recipe::from_text("[model]\nonnx = \"" + (folder_ / "m.onnx").string() + "\"\n", "r.toml");
    }
    testing::TemporaryFolder folder_;
    data::Dataset dataset_ = testing::blob_dataset();
};

TEST_F(Imported, AFixedBatchIsOpenedAndTrainingSeesTheWeights) {
    const Recipe own = recipe(made_for_one());
    const Graph graph = imported(own, dataset_);
    EXPECT_EQ(to_string(graph.inputs[0].type.dims), "Nx1x6x6");
    EXPECT_EQ(graph.outputs[0].type.dims.size(), 2U);
    EXPECT_EQ(graph.nodes.size(), 4U) << "without the Identity";
    EXPECT_EQ(prunable_weights(graph), (std::vector<std::string>{"k", "w"}));
    EXPECT_EQ(parameters(graph), (std::set<std::string>{"k", "w"}));
    check_opened_batch(own, dataset_);
}

TEST_F(Imported, WhatMixesExamplesIsRefusedByName) {
    Graph graph = made_for_one();
    graph.nodes.back().outputs = {"z"};
    graph.nodes.push_back(
        {"mix", "ReduceMean", {"z"}, {"m"}, {{"axes", Ints{0}}, {"keepdims", std::int64_t{1}}}});
    graph.nodes.push_back({"out", "Sub", {"z", "m"}, {"y"}, {}});
    EXPECT_ERROR(BadRecipe, "node \"mix\": it gives 1x10 for any number of examples",
                 imported(recipe(graph), dataset_));

    graph.nodes[5] = {"mix", "CumSum", {"z", "axis"}, {"m"}, {}};
    graph.initializers.emplace("axis", Tensor::of<std::int64_t>({}, Ints{0}));
    EXPECT_ERROR(BadRecipe, "made for a batch of 1, it gives other outputs for 2 examples at a time",
                 check_opened_batch(recipe(graph), dataset_));
}

/// Trained on for nothing, so that level 0 is the network as it came.
TEST(ImportedRun, AgreementIsWithTheNetworkAsItCame) {
    const testing::TemporaryFolder folder;
    onnx::write(folder / "m.onnx", made_for_one());
    const testing::Ran ran(
        "rounds = 1\nsparsity = 0.5\n[retrain]\nmode = \"fine-tune\"\nsteps = \"10it\"\n[model]\nonnx = \"" +
            (folder / "m.onnx").string() + "\"\n",
        "metrics = [\"agreement\", \"distance\"]\n");
    EXPECT_EQ(ran.record(1).weights_left(), (1000 + 16) / 2);
    EXPECT_LT(ran.record(0).metrics[0].test, 1) << "trained for four epochs";
    EXPECT_GT(ran.record(0).metrics[1].test, 0);
}

}  // namespace
}  // namespace espalier::lottery
