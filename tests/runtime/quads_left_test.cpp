#include "runtime/bytes/quads_left.h"

#include <gtest/gtest.h>

#include "runtime/cases/cases.h"

namespace espalier {
namespace {

Tensor bytes(Shape shape, std::vector<std::int8_t> values) {
    Tensor tensor(DType::i8, std::move(shape));
    std::ranges::copy(values, tensor.as<std::int8_t>().begin());
    return tensor;
}

/// A network that reads these integers as its only weight.
Graph layer(const std::string& op, Tensor integers, std::int8_t zero = 0) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim(1), Dim(4), Dim(4)}}}};
    graph.initializers.emplace("w", std::move(integers));
    graph.initializers.emplace("scale", Tensor(DType::f32, {}));
    graph.initializers.emplace("zero", bytes({}, {zero}));
    graph.nodes = {test::node("DequantizeLinear", {"w", "scale", "zero"}, "real"),
                   test::node(op, {"x", "real"}, "y")};
    return graph;
}

TEST(QuadsLeft, CountsBlocksOfFourByFour) {
    EXPECT_EQ(runtime::quads_left(Graph()), 1);
    // 4 inputs and 8 outputs of a product: one block of two has a weight.
    std::vector<std::int8_t> w(32, 0);
    w[1 * 8 + 6] = 3;
    EXPECT_DOUBLE_EQ(runtime::quads_left(layer("MatMul", bytes({4, 8}, w))), 0.5);
    // 4 outputs, 8 channels and 2 taps of a convolution: one of four.
    std::vector<std::int8_t> v(64, 0);
    v[2 * 16 + 5 * 2 + 1] = -1;
    EXPECT_DOUBLE_EQ(runtime::quads_left(layer("Conv", bytes({4, 8, 2}, v))), 0.25);
}

TEST(QuadsLeft, AnotherZeroPointCountsInFull) {
    const Graph graph = layer("MatMul", bytes({4, 8}, std::vector<std::int8_t>(32, 0)), 5);
    EXPECT_EQ(runtime::quads_left(graph), 1);
}

}  // namespace
}  // namespace espalier
