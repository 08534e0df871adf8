// Cuts in files that keep weights as halves or integers: exact counts, zeros in the form of the file.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "experiment/prune/pruned.h"
#include "experiment/prune/stored_weights.h"

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
    const Pruned pruned = prune_file(from, {.target = {.sparsity = 0.5}}, {}, to, {});
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
    EXPECT_ERROR(Unsupported, "halves or integers", remove(graph, {.target = {.sparsity = 0.5}}));
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
    prune_file(from, {.target = {.sparsity = 0.5}}, {}, to, {});
    const Graph written = onnx::read(to);
    Tensor expected(DType::f16, {2, 2});
    const std::uint16_t left[] = {0, 0xc000, 0x4200, 0};
    std::ranges::copy(std::as_bytes(std::span(left)), expected.bytes().begin());
    EXPECT_EQ(written.initializers.at("W"), expected);
}

}  // namespace
}  // namespace espalier::experiment
