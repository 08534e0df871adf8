// Biases are given without a change of what a network computes, and take what is added to its outputs.
#include "calibrate/biases.h"

#include <gtest/gtest.h>

#include "espalier/runtime.h"
#include "graph/builder.h"

namespace espalier::calibrate {
namespace {

TEST(Biases, AreGivenAndShiftOutputs) {
    GraphBuilder b("biases", 1);
    const std::string x = b.input("x", {Dim("N"), 3, 4, 4});
    const std::string c = b.conv("c", x, 2, {.size = 1}, false);
    const std::string m = b.dense("m", b.reshape("rows", c, {0, 2, 16}), 4);  // MatMul and Add
    b.initializer("p.weight", Tensor::of<float>({4, 3}, std::vector<float>(12, 0.5F)));
    const std::string p = b.matmul("p", m, "p.weight");  // no Add behind it
    b.output(b.linear("g", b.flatten("f", p), 5));
    Graph graph = std::move(b).finish();
    Tensor input(DType::f32, {2, 3, 4, 4});
    for (std::size_t i = 0; i < input.f32().size(); ++i) input.f32()[i] = static_cast<float>(i % 7) - 3;
    NamedTensors inputs;
    inputs.emplace("x", input);
    const Tensor before = runtime::compile(graph, {.threads = 1}).run(inputs)[0];
    const auto names = prunable_weights(graph);
    const std::set<std::string> weights(names.begin(), names.end());
    ASSERT_EQ(weights.size(), 4U);
    give_biases(graph, weights);
    verify(graph);
    const Tensor same = runtime::compile(graph, {.threads = 1}).run(inputs)[0];
    for (std::size_t i = 0; i < before.f32().size(); ++i) EXPECT_NEAR(same.f32()[i], before.f32()[i], 1e-5);
    for (const Node& node : std::vector<Node>(graph.nodes)) {
        if (node.inputs.size() > 1 && node.inputs[1] == "g.weight")
            shift_outputs(graph, node, {1, 2, 3, 4, 5});
    }
    const Tensor shifted = runtime::compile(graph, {.threads = 1}).run(inputs)[0];
    for (std::size_t i = 0; i < before.f32().size(); ++i)
        EXPECT_NEAR(shifted.f32()[i], before.f32()[i] + static_cast<float>(i % 5 + 1), 1e-4);
}

}  // namespace
}  // namespace espalier::calibrate
