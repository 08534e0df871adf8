#include "espalier/surgery.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "graph/builder.h"

namespace espalier::surgery {
namespace {

/// Gemm with transB, Gemm without, MatMul: outputs are counted by dimension 0, 1, 1.
Graph three_layers() {
    GraphBuilder builder("three", 1);
    std::string x = builder.input("input", {Dim("N"), Dim(4)});
    x = builder.linear("a", x, 4, 5);
    builder.initializer("b.weight", Tensor(DType::f32, {5, 6}));
    x = builder.node({.name = "b", .op = "Gemm", .inputs = {x, "b.weight"}, .outputs = {}, .attributes = {}});
    builder.initializer("c.weight", Tensor::of<float>({6, 2}, {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, -0.0F}));
    x = builder.node(
        {.name = "c", .op = "MatMul", .inputs = {x, "c.weight"}, .outputs = {}, .attributes = {}});
    builder.output(x);
    return std::move(builder).finish();
}

TEST(Candidates, AreTheWeightsInOrderWithTheirOutputAxes) {
    const Graph graph = three_layers();
    const auto found = candidates(graph, graph.initializers);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].name, "a.weight");
    EXPECT_EQ(found[0].output_axis, 0);
    EXPECT_EQ(found[1].name, "b.weight");
    EXPECT_EQ(found[1].output_axis, 1);
    EXPECT_EQ(found[2].output_axis, 1);
    EXPECT_EQ(found[2].weight.data(), graph.initializers.at("c.weight").f32().data());
}

TEST(Candidates, MissingWeight) {
    EXPECT_ERROR(InvalidArgument, "the weights hold no \"a.weight\"", candidates(three_layers(), {}));
}

TEST(Masks, AllKeptKeepsAllAndZerosOfFindsZeros) {
    const Graph graph = three_layers();
    EXPECT_EQ(all_kept(graph).kept(), 20 + 30 + 12);
    const prune::MaskSet zeros = zeros_of(graph);
    EXPECT_EQ(zeros.at("b.weight").kept(), 0);
    EXPECT_EQ(zeros.at("c.weight").kept(), 6);
}

}  // namespace
}  // namespace espalier::surgery
