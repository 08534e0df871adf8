// Cuts in files that keep weights as halves or integers: exact counts, zeros in the form of the file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "experiment/prune/pruned.h"
#include "experiment/prune/stored_weights.h"
#include "tensor/convert.h"

namespace espalier::experiment {
namespace {

constexpr std::int64_t kWeights = 8;

/// y = x W, W of i8 behind a DequantizeLinear with zero point 3, one scale a column.
Graph quantised() {
    Graph graph;
    graph.name = "q";
    graph.inputs = {{"x", {DType::f32, {Dim(1), Dim(4)}}}};
    graph.outputs = {{"y", {DType::f32, {Dim(1), Dim(2)}}}};
    // Less the zero point: 1 -2, 3 4, -5 6, 7 -8; the second column counts ten times.
    graph.initializers.emplace(
        "W", Tensor::of<std::int8_t>({4, 2}, std::vector<std::int8_t>{4, 1, 6, 7, -2, 9, 10, -5}));
    graph.initializers.emplace("s", Tensor::of<float>({2}, std::vector<float>{1, 10}));
    graph.initializers.emplace("z", Tensor::of<std::int8_t>({2}, std::vector<std::int8_t>{3, 3}));
    graph.nodes = {
        {.name = "dq",
         .op = "DequantizeLinear",
         .inputs = {"W", "s", "z"},
         .outputs = {"real"},
         .attributes = {{"axis", std::int64_t{1}}}},
        {.name = "fc", .op = "MatMul", .inputs = {"x", "real"}, .outputs = {"y"}, .attributes = {}}};
    return graph;
}

TEST(StoredWeights, OfIntegersBecomeTheZeroPoint) {
    const testing::TemporaryFolder folder;
    const auto from = folder.path() / "q.onnx";
    const auto to = folder.path() / "pruned.onnx";
    onnx::write(from, quantised());
    const Pruned pruned = prune_file(from, {.target = {.sparsity = 0.5}}, {.output = to});
    EXPECT_EQ(pruned.plan.masks.kept(), kWeights / 2);
    const Graph written = onnx::read(to);
    const auto w = written.initializers.at("W").as<std::int8_t>();
    // By real values the second column has the four largest.
    EXPECT_TRUE(std::ranges::equal(w, std::vector<std::int8_t>{3, 1, 3, 7, 3, 9, 3, -5}));
    EXPECT_EQ(written.nodes.front().op, "DequantizeLinear");
}

TEST(StoredWeights, OfAGraphInMemoryToo) {
    Graph graph = quantised();
    EXPECT_EQ(cut(graph, {.target = {.sparsity = 0.5}}).masks.kept(), kWeights / 2);
    EXPECT_TRUE(std::ranges::equal(graph.initializers.at("W").as<std::int8_t>(),
                                   std::vector<std::int8_t>{3, 1, 3, 7, 3, 9, 3, -5}));
    EXPECT_ERROR(InvalidModel, "nothing that could be removed", remove(graph, {.target = {.sparsity = 0.5}}));
}

/// A convolution as ONNX Runtime's dynamic quantisation writes it, with a bias that is made an integer when
/// the scale of its input is known, and added to the sums.
std::string integer_convolution(Graph& graph, const std::string& n, const std::string& x, std::int64_t in,
                                std::int64_t out) {
    std::vector<std::int8_t> w;
    for (std::int64_t i = 0; i < out * in * 9; ++i)
        w.push_back(static_cast<std::int8_t>((i * 37 + 11) % 51 - 20));
    graph.initializers.emplace("w" + n, Tensor::of<std::int8_t>({out, in, 3, 3}, w));
    graph.initializers.emplace("z" + n, Tensor::of<std::int8_t>({}, std::vector<std::int8_t>{5}));
    graph.initializers.emplace("s" + n, Tensor::of<float>({}, std::vector<float>{0.01F}));
    std::vector<float> b;
    for (std::int64_t i = 0; i < out; ++i) b.push_back(0.3F * static_cast<float>(i + 1));
    graph.initializers.emplace("b" + n, Tensor::of<float>({out}, b));
    graph.initializers.emplace("r" + n,
                               Tensor::of<std::int64_t>({4}, std::vector<std::int64_t>{1, -1, 1, 1}));
    const auto add = [&](const std::string& op, std::vector<std::string> inputs,
                         std::vector<std::string> outputs, std::map<std::string, Attribute> attributes = {}) {
        for (std::string& output : outputs) output += n;
        graph.nodes.push_back({.name = op + outputs[0],
                               .op = op,
                               .inputs = std::move(inputs),
                               .outputs = std::move(outputs),
                               .attributes = std::move(attributes)});
    };
    add("DynamicQuantizeLinear", {x}, {"q", "xs", "xz"});
    add("Mul", {"xs" + n, "s" + n}, {"scales"});
    add("Div", {"b" + n, "scales" + n}, {"steps"});
    add("Floor", {"steps" + n}, {"whole"});
    add("Cast", {"whole" + n}, {"bias"}, {{"to", std::int64_t{6}}});
    add("Reshape", {"bias" + n, "r" + n}, {"biases"});
    add("ConvInteger", {"q" + n, "w" + n, "xz" + n, "z" + n}, {"sums"},
        {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
    add("Add", {"sums" + n, "biases" + n}, {"all"});
    add("Cast", {"all" + n}, {"wide"}, {{"to", std::int64_t{1}}});
    add("Mul", {"wide" + n, "scales" + n}, {"c"});
    add("Relu", {"c" + n}, {"y"});
    return "y" + n;
}

TEST(StoredWeights, BiasesOfIntegersAreThereWhenARemovalIsProved) {
    Graph graph;
    graph.name = "dynamic";
    graph.inputs = {{"x", {DType::f32, {Dim(1), Dim(2), Dim(6), Dim(6)}}}};
    const std::string hidden = integer_convolution(graph, "1", "x", 2, 8);
    const std::string y = integer_convolution(graph, "2", hidden, 8, 3);
    graph.outputs = {{y, {DType::f32, {Dim(1), Dim(3), Dim(6), Dim(6)}}}};
    verify(graph);
    const Removal removal = remove(graph, {.granularity = "filter", .target = {.sparsity = 0.5}});
    EXPECT_EQ(graph.initializers.at("w1").shape(), (Shape{4, 2, 3, 3}));
    EXPECT_EQ(graph.initializers.at("b1").shape(), (Shape{4}));
    EXPECT_EQ(graph.initializers.at("w2").shape(), (Shape{3, 4, 3, 3}));
    EXPECT_LT(removal.difference, 1e-5) << "the same integers";
}

TEST(StoredWeights, OfHalvesBecomeZero) {
    const testing::TemporaryFolder folder;
    const auto from = folder.path() / "h.onnx";
    const auto to = folder.path() / "pruned.onnx";
    Graph graph;
    graph.name = "h";
    graph.inputs = {{"x", {DType::f16, {Dim(1), Dim(2)}}}};
    graph.outputs = {{"y", {DType::f16, {Dim(1), Dim(2)}}}};
    Tensor weight(DType::f16, {2, 2});
    const std::uint16_t halves[] = {0x3c00, 0xc000, 0x4200, 0x3800};  // 1, -2, 3, 0.5
    std::ranges::copy(std::as_bytes(std::span(halves)), weight.bytes().begin());
    graph.initializers.emplace("W", weight);
    graph.nodes = {{.name = "fc", .op = "MatMul", .inputs = {"x", "W"}, .outputs = {"y"}, .attributes = {}}};
    onnx::write(from, graph);
    prune_file(from, {.target = {.sparsity = 0.5}}, {.output = to});
    const Graph written = onnx::read(to);
    Tensor expected(DType::f16, {2, 2});
    const std::uint16_t left[] = {0, 0xc000, 0x4200, 0};
    std::ranges::copy(std::as_bytes(std::span(left)), expected.bytes().begin());
    EXPECT_EQ(written.initializers.at("W"), expected);
}

/// x [1, 8] through 16 hidden units to 4 outputs; the units with the smallest weights are the odd ones.
Graph hidden_layer() {
    Graph graph;
    graph.name = "hidden";
    graph.inputs = {{"x", {DType::f32, {Dim(1), Dim(8)}}}};
    graph.outputs = {{"y", {DType::f32, {Dim(1), Dim(4)}}}};
    Tensor w(DType::f32, {8, 16});
    for (std::int64_t i = 0; i < w.count(); ++i)
        w.f32()[static_cast<std::size_t>(i)] =
            static_cast<float>((i * 7 % 13 - 6)) * (i % 2 == 0 ? 0.125F : 0.015625F);
    Tensor v(DType::f32, {16, 4});
    for (std::int64_t i = 0; i < v.count(); ++i)
        v.f32()[static_cast<std::size_t>(i)] = static_cast<float>((i * 5 % 11 - 5)) * 0.125F;
    graph.initializers.emplace("w", std::move(w));
    graph.initializers.emplace("v", std::move(v));
    graph.nodes = {{"fc1", "MatMul", {"x", "w"}, {"a"}, {}},
                   {"relu", "Relu", {"a"}, {"r"}, {}},
                   {"fc2", "MatMul", {"r", "v"}, {"y"}, {}}};
    return graph;
}

TEST(StoredWeights, OfHalvesAreRemovedInTheirForm) {
    Graph graph = hidden_layer();
    for (auto& [name, tensor] : graph.initializers) tensor = converted(tensor, DType::f16);
    graph.inputs[0].type.dtype = graph.outputs[0].type.dtype = DType::f16;
    const Removal removal = remove(graph, {.scope = "layer-wise", .target = {.sparsity = 0.5}});
    EXPECT_EQ(graph.initializers.at("w").shape(), (Shape{8, 8}));
    EXPECT_EQ(graph.initializers.at("v").shape(), (Shape{8, 4}));
    EXPECT_EQ(graph.initializers.at("w").dtype(), DType::f16);
    EXPECT_LT(removal.difference, 2e-3);
}

/// One scale and zero point an output, which go with it.
TEST(StoredWeights, OfIntegersAreRemovedWithTheirScales) {
    Graph graph = hidden_layer();
    Tensor w(DType::i8, {8, 16});
    for (std::size_t i = 0; i < 128; ++i)
        w.as<std::int8_t>()[i] =
            static_cast<std::int8_t>(std::lround(graph.initializers.at("w").f32()[i] * 64));
    graph.initializers.insert_or_assign("w", std::move(w));
    graph.initializers.emplace("s", Tensor::of<float>({16}, std::vector<float>(16, 1.0F / 64)));
    graph.initializers.emplace("z", Tensor::of<std::int8_t>({16}, std::vector<std::int8_t>(16, 0)));
    graph.nodes[0].inputs[1] = "real";
    graph.nodes.insert(graph.nodes.begin(),
                       {"dq", "DequantizeLinear", {"w", "s", "z"}, {"real"}, {{"axis", std::int64_t{1}}}});
    remove(graph, {.scope = "layer-wise", .target = {.sparsity = 0.5}});
    EXPECT_EQ(graph.initializers.at("w").shape(), (Shape{8, 8}));
    EXPECT_EQ(graph.initializers.at("w").dtype(), DType::i8);
    EXPECT_EQ(graph.initializers.at("s").shape(), (Shape{8}));
    EXPECT_EQ(graph.initializers.at("z").shape(), (Shape{8}));
}

}  // namespace
}  // namespace espalier::experiment
