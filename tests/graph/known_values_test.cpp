// Shapes that a network computes from the shapes of its values, as exporters write them.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "espalier/graph.h"

namespace espalier {
namespace {

Node node(std::string op, std::vector<std::string> inputs, std::string output,
          std::map<std::string, Attribute> attributes = {}) {
    return {.name = output,
            .op = std::move(op),
            .inputs = std::move(inputs),
            .outputs = {output},
            .attributes = std::move(attributes)};
}

Tensor ints(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

Tensor number(std::int64_t value) { return Tensor::of<std::int64_t>({}, std::vector{value}); }

/// x.view(x.size(0), -1) and x.view(-1, 4) as PyTorch exports them.
Graph exported(const Dim& batch) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {batch, Dim(3), Dim(4)}}}};
    graph.initializers = {
        {"zero", number(0)}, {"first", ints({0})}, {"rest", ints({-1})}, {"two", number(2)}};
    graph.nodes = {node("Shape", {"x"}, "shape"),
                   node("Gather", {"shape", "zero"}, "n"),
                   node("Unsqueeze", {"n", "first"}, "n1"),
                   node("Concat", {"n1", "rest"}, "flat", {{"axis", std::int64_t{0}}}),
                   node("Reshape", {"x", "flat"}, "y"),
                   node("Mul", {"n", "two"}, "twice"),
                   node("Unsqueeze", {"twice", "first"}, "twice1"),
                   node("Concat", {"twice1", "rest"}, "halves", {{"axis", std::int64_t{0}}}),
                   node("Reshape", {"x", "halves"}, "z")};
    return graph;
}

std::string shape_in(const Graph& graph, const std::string& value) {
    return to_string(infer_types(graph).at(value).dims);
}

TEST(KnownValues, ShapesAreFollowedWithASymbolInThem) {
    EXPECT_EQ(shape_in(exported(Dim("N")), "y"), "Nx12");
    EXPECT_EQ(shape_in(exported(Dim()), "y"), "?x?");
}

TEST(KnownValues, WhatASymbolDoesNotTellStaysOpen) { EXPECT_EQ(shape_in(exported(Dim("N")), "z"), "?x?"); }

TEST(KnownValues, NumbersAreComputed) {
    EXPECT_EQ(shape_in(exported(Dim(2)), "y"), "2x12");
    EXPECT_EQ(shape_in(exported(Dim(2)), "z"), "4x6");
}

TEST(KnownValues, PartsOfAShapeSizeAnImage) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(3), Dim(8), Dim(6)}}}};
    graph.initializers = {{"two", ints({2})}, {"four", ints({4})}, {"zero", ints({0})}};
    graph.nodes = {node("Shape", {"x"}, "shape"), node("Slice", {"shape", "two", "four", "zero"}, "image"),
                   node("Mul", {"image", "two"}, "larger"), node("ConstantOfShape", {"larger"}, "y")};
    EXPECT_EQ(shape_in(graph, "y"), "16x12");
}

TEST(KnownValues, MistakesInThemAreSaid) {
    Graph graph = exported(Dim(2));
    graph.initializers.at("zero") = number(7);
    EXPECT_ERROR(InvalidModel, "node \"n\": index 7 in a dimension of 3", infer_types(graph));
}

/// The product of all labels would take hours; shapes do not need it.
TEST(KnownValues, CostlyOnesAreLeftToWhoRunsThem) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim(1)}}}};
    graph.initializers["c"] = Tensor(DType::f32, {1000});
    graph.nodes = {node("Einsum", {"c", "c", "c", "c"}, "y", {{"equation", std::string("a,b,c,d->")}})};
    EXPECT_EQ(shape_in(graph, "y"), "scalar");
}

}  // namespace
}  // namespace espalier
