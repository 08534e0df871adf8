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

TEST(QuadsLeft, CountsBlocksOfFourByFour) {
    Graph graph;
    EXPECT_EQ(runtime::quads_left(graph), 1);
    // 4 inputs and 8 outputs of a product: one block of two has a weight.
    std::vector<std::int8_t> w(32, 0);
    w[1 * 8 + 6] = 3;
    graph.initializers.emplace("w", bytes({4, 8}, w));
    graph.nodes.push_back(test::node("QLinearMatMul", {"x", "xs", "xz", "w", "ws", ""}, "y"));
    EXPECT_DOUBLE_EQ(runtime::quads_left(graph), 0.5);
    // 4 outputs, 8 channels and 2 taps of a convolution: one of four.
    std::vector<std::int8_t> v(64, 0);
    v[2 * 16 + 5 * 2 + 1] = -1;
    graph.initializers.emplace("v", bytes({4, 8, 2}, v));
    graph.nodes.push_back(test::node("QLinearConv", {"x", "xs", "xz", "v", "ws", ""}, "z"));
    EXPECT_DOUBLE_EQ(runtime::quads_left(graph), (32 * 0.5 + 64 * 0.25) / 96);
}

TEST(QuadsLeft, AnotherZeroPointCountsInFull) {
    Graph graph;
    graph.initializers.emplace("w", bytes({4, 8}, std::vector<std::int8_t>(32, 0)));
    graph.initializers.emplace("z", bytes({}, {5}));
    graph.nodes.push_back(test::node("QLinearMatMul", {"x", "xs", "xz", "w", "ws", "z"}, "y"));
    EXPECT_EQ(runtime::quads_left(graph), 1);
}

}  // namespace
}  // namespace espalier
