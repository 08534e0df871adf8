// model.onnx: networks made for one example at a time, nodes that a training does not notice, and their
// metrics.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "lottery/network/imported.h"
#include "lottery/ran.h"
#include "train/loop/trainer.h"

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

/// 300 in a byte would be 44, another word.
TEST_F(Imported, IntegersThatTheInputsTypeDoesNotHoldAreRefused) {
    Graph graph;
    graph.name = "bytes";
    graph.inputs = {{"x", {DType::u8, {Dim("N"), Dim(2)}}}};
    graph.initializers.emplace("w", Tensor(DType::f32, {2, 10}));
    graph.nodes = {{"", "Cast", {"x"}, {"f"}, {{"to", std::int64_t{1}}}},
                   {"", "MatMul", {"f", "w"}, {"y"}, {}}};
    graph.outputs = {{"y", {DType::f32, {Dim("N"), Dim(10)}}}};
    verify(graph);
    for (data::Examples* part : {&dataset_.train, &dataset_.validation, &dataset_.test}) {
        const std::int64_t count = part->count();
        part->inputs[0].values = Tensor(DType::i64, {count, 2});
    }
    dataset_.normalization = {};
    EXPECT_NO_THROW(imported(recipe(graph), dataset_));
    dataset_.validation.inputs[0].values.as<std::int64_t>()[3] = 300;
    EXPECT_ERROR(BadRecipe, "its input \"x\" is u8, which does not hold the data set's 300",
                 imported(recipe(graph), dataset_));
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

/// A short experiment on `graph`, from its weights.
testing::Ran ran_on(const Graph& graph, const std::string& train = "") {
    const testing::TemporaryFolder folder;
    onnx::write(folder / "m.onnx", graph);
    std::vector<std::string> changes = {"model.onnx=" + (folder / "m.onnx").string()};
    if (!train.empty()) changes.push_back(train);
    return testing::Ran("rounds = 1\nsparsity = 0.5\nscope = \"global\"\n", "", 1, changes);
}

/// Two convolutions with batch normalisation that nothing has trained yet, as PyTorch exports them if
/// `shares`: equal tensors once and the others as Identity nodes.
Graph untrained(bool shares) {
    Graph graph;
    graph.name = "untrained";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(1), Dim(6), Dim(6)}}}};
    const auto filled = [](Shape shape, float first, float step) {
        Tensor tensor(DType::f32, std::move(shape));
        for (std::size_t i = 0; i < tensor.f32().size(); ++i)
            tensor.f32()[i] = first + step * static_cast<float>(i * 7 % 11);
        return tensor;
    };
    graph.initializers.emplace("k1", filled({4, 1, 3, 3}, -0.5F, 0.1F));
    graph.initializers.emplace("k2", filled({4, 4, 3, 3}, -0.25F, 0.05F));
    graph.initializers.emplace("f", filled({10, 64}, -0.2F, 0.04F));
    std::string x = "x";
    for (const std::string n : {"1", "2"}) {
        for (const auto& [name, first, value] : {std::tuple("bias", "b1.bias", 0.0F),
                                                 {"scale", "b1.scale", 1.0F},
                                                 {"mean", "b1.bias", 0.0F},
                                                 {"var", "b1.scale", 1.0F}}) {
            const std::string own = "b" + n + "." + name;
            if (shares && own != first) {
                graph.nodes.push_back({"", "Identity", {first}, {own}, {}});
            } else {
                graph.initializers.emplace(own, filled({4}, value, 0));
            }
        }
        const std::string b = "b" + n;
        graph.nodes.push_back({"", "Conv", {x, "k" + n}, {"c" + n}, {}});
        if (n == "1") graph.nodes.back().attributes["pads"] = Ints{1, 1, 1, 1};
        graph.nodes.push_back({"",
                               "BatchNormalization",
                               {"c" + n, b + ".scale", b + ".bias", b + ".mean", b + ".var"},
                               {"n" + n},
                               {}});
        x = "r" + n;
        graph.nodes.push_back({"", "Relu", {"n" + n}, {x}, {}});
    }
    graph.nodes.push_back({"", "Flatten", {x}, {"flat"}, {}});
    graph.nodes.push_back({"", "Gemm", {"flat", "f"}, {"y"}, {{"transB", std::int64_t{1}}}});
    graph.outputs = {{"y", {DType::f32, {Dim("N"), Dim(10)}}}};
    verify(graph);
    return graph;
}

TEST(ImportedRun, WhatAnExporterSharesIsTrainedApart) {
    const testing::Ran shared = ran_on(untrained(true));
    const testing::Ran own = ran_on(untrained(false));
    EXPECT_EQ(shared.weights(0, "weights.safetensors"), own.weights(0, "weights.safetensors"));
    EXPECT_EQ(shared.weights(0, "weights.safetensors").size(), 11U);
    EXPECT_EQ(shared.weights(1, "weights.safetensors"), own.weights(1, "weights.safetensors"));
    EXPECT_EQ(shared.record(1).test_accuracy, own.record(1).test_accuracy);
}

/// The convolutions of untrained() stand with 4 channels each: a round takes half of them, and their norms
/// and the inputs of what follows with them.
TEST(ImportedRun, WhatIsRemovedIsGoneFromTheFile) {
    const testing::TemporaryFolder folder;
    onnx::write(folder / "m.onnx", untrained(true));
    const std::vector<std::string> changes = {"model.onnx=" + (folder / "m.onnx").string(), "train.steps=0it",
                                              "train.loss=distillation", "train.teacher=itself",
                                              "train.optimizer.learning_rate=0.01"};
    const testing::Ran ran(
        "remove = true\nrounds = 2\nrate = 0.5\n[retrain]\nmode = \"fine-tune\"\nsteps = \"20it\"\n", "", 1,
        changes);
    EXPECT_EQ(ran.record(0).layers[0].width, 4);
    EXPECT_EQ(ran.record(2).layers[0].width, 1);
    EXPECT_EQ(ran.record(2).layers[1].width, 1);

    const Graph half = onnx::read(ran.run().ticket_path(1, 0));
    EXPECT_EQ(half.initializers.at("k1").shape(), (Shape{2, 1, 3, 3}));
    EXPECT_EQ(half.initializers.at("k2").shape(), (Shape{2, 2, 3, 3}));
    EXPECT_EQ(half.initializers.at("f").shape(), (Shape{10, 32}));
    const Graph whole = imported(Recipe::from_text("", "r.toml", {changes.front()}), ran.dataset());
    EXPECT_EQ(whole.initializers.at("f").shape(), (Shape{10, 64}));
    EXPECT_NE(ran.weights(1, "weights.safetensors").at("f"), ran.weights(2, "weights.safetensors").at("f"));
}

/// Two layers; between them Dropout in training mode if `drops`, behind them `end` unless it is "".
Graph two_layers(bool drops, const std::string& end) {
    Weights weights =
        models::build("mlp-32", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 1}).initializers;
    Graph graph;
    graph.name = "two";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(1), Dim(6), Dim(6)}}}};
    graph.initializers.emplace("a", weights.at("fc1.weight"));
    graph.initializers.emplace("b", weights.at("fc2.weight"));
    graph.nodes = {{"", "Flatten", {"x"}, {"f"}, {}},
                   {"", "Gemm", {"f", "a"}, {"h"}, {{"transB", std::int64_t{1}}}},
                   {"", "Relu", {"h"}, {"r"}, {}}};
    if (drops) {
        graph.initializers.emplace("ratio", Tensor::of<float>({}, std::vector<float>{0.5F}));
        Tensor on(DType::boolean, {});
        on.as<bool>()[0] = true;
        graph.initializers.emplace("on", std::move(on));
        graph.nodes.push_back({"drop", "Dropout", {"r", "ratio", "on"}, {"d"}, {}});
    }
    graph.nodes.push_back(
        {"", "Gemm", {drops ? "d" : "r", "b"}, {end.empty() ? "y" : "z"}, {{"transB", std::int64_t{1}}}});
    if (!end.empty()) graph.nodes.push_back({"end", end, {"z"}, {"y"}, {}});
    graph.outputs = {{"y", {DType::f32, {Dim("N"), Dim(10)}}}};
    verify(graph);
    return graph;
}

TEST(ImportedRun, DropoutInTrainingModeIsTrainedWithAndNotWritten) {
    const testing::Ran ran = ran_on(two_layers(true, ""));
    EXPECT_NE(ran.weights(0, "weights.safetensors"),
              ran_on(two_layers(false, "")).weights(0, "weights.safetensors"));
    const Graph written = onnx::read(ran.run().ticket_path(1, 0));
    for (const Node& node : written.nodes) EXPECT_NE(node.op, "Dropout");
    EXPECT_FALSE(written.initializers.contains("ratio"));
}

TEST(ImportedRun, ANetworkThatEndsInASoftmaxIsTrainedOnItsLogits) {
    const testing::Ran logits = ran_on(two_layers(false, ""));
    for (const std::string end : {"Softmax", "LogSoftmax"}) {
        SCOPED_TRACE(end);
        const testing::Ran ran = ran_on(two_layers(false, end));
        EXPECT_EQ(ran.weights(1, "weights.safetensors"), logits.weights(1, "weights.safetensors"));
        EXPECT_EQ(ran.record(1).test_loss, logits.record(1).test_loss);
        const Graph written = onnx::read(ran.run().ticket_path(1, 0));
        EXPECT_EQ(written.nodes.back().op, end);
        EXPECT_EQ(written.outputs.front().name, "y");
    }
}

TEST(ImportedRun, AWeightWithinALoopIsTrainedAndPrunedAndTheLoopWritten) {
    Graph body;
    body.inputs = {
        {"i", {DType::i64, {}}}, {"go", {DType::boolean, {}}}, {"h", {DType::f32, {Dim("N"), Dim(16)}}}};
    body.nodes = {{"cell", "MatMul", {"h", "w"}, {"p"}, {}},
                  {"bent", "Tanh", {"p"}, {"t"}, {}},
                  {"next", "Add", {"t", "h"}, {"n"}, {}}};
    body.outputs = {{"go", {DType::boolean, {}}}, {"n", {DType::f32, {Dim("N"), Dim(16)}}}};
    Graph graph = two_layers(false, "");
    const Weights narrow =
        models::build("mlp-16", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 1}).initializers;
    const Weights square =
        models::build("mlp-16", {.example_shape = {1, 4, 4}, .classes = 10, .seed = 2}).initializers;
    graph.initializers = {{"a", narrow.at("fc1.weight")},
                          {"b", narrow.at("fc2.weight")},
                          {"w", square.at("fc1.weight")},
                          {"rounds", Tensor::of<std::int64_t>({}, Ints{3})}};
    graph.nodes.insert(graph.nodes.end() - 1,
                       {"loop", "Loop", {"rounds", "", "r"}, {"last"}, {{"body", Subgraph(body)}}});
    graph.nodes.back().inputs[0] = "last";
    const testing::Ran ran = ran_on(graph);
    EXPECT_NE(ran.weights(0, "weights.safetensors").at("w"), graph.initializers.at("w"));
    const Graph written = onnx::read(ran.run().ticket_path(1, 0));
    EXPECT_EQ(std::ranges::count(written.nodes, "Loop", &Node::op), 1);
    EXPECT_EQ(written.initializers.at("w"), ran.weights(1, "weights.safetensors").at("w"));
    EXPECT_GT(std::ranges::count(written.initializers.at("w").f32(), 0.0F), 0);
}

TEST_F(Imported, WhatIsMadeOfItsEndIsSaid) {
    const auto said = [&](bool drops, const std::string& end, const std::vector<std::string>& changes = {}) {
        onnx::write(folder_ / "said.onnx", two_layers(drops, end));
        std::vector<std::string> all = {"model.onnx=" + (folder_ / "said.onnx").string()};
        all.insert(all.end(), changes.begin(), changes.end());
        return rehearse(Recipe::from_text("[prune]\nrounds = 1\n", "r.toml", all), dataset_);
    };
    using Said = std::vector<std::string>;
    EXPECT_EQ(said(false, ""), Said());
    EXPECT_EQ(
        said(false, "Softmax"),
        Said{"the network ends in Softmax: it is trained on its logits, \"z\", and written as it came"});
    EXPECT_EQ(said(false, "Softmax", {"train.loss=mean-squared-error"}), Said());
    EXPECT_EQ(
        said(true, ""),
        Said{"1 Dropout node in training mode: trained with, left out of what is measured and written"});
    EXPECT_ERROR(BadRecipe, "it applies a softmax to the outputs, and the network ends in Sigmoid",
                 said(false, "Sigmoid"));
    EXPECT_EQ(said(false, "Sigmoid", {"train.loss=mean-squared-error"}), Said());
}

}  // namespace
}  // namespace espalier::lottery
