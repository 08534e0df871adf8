// Networks whose weights are read by bodies: the trainer runs every round, and each changes the weight.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "train/executor/executor.h"

namespace espalier::train {
namespace {

Value value(const std::string& name, DType dtype, Dims dims = {}) { return {name, {dtype, std::move(dims)}}; }

/// h becomes tanh(h w) + x, `rounds` times or as often as the network is told.
Graph recurrent(std::optional<std::int64_t> rounds) {
    Graph body;
    body.inputs = {value("i", DType::i64), value("go", DType::boolean),
                   value("h", DType::f32, {Dim("N"), Dim(2)})};
    body.nodes = {{"product", "MatMul", {"h", "w"}, {"product"}, {}},
                  {"bent", "Tanh", {"product"}, {"bent"}, {}},
                  {"next", "Add", {"bent", "x"}, {"next"}, {}}};
    body.outputs = {value("go", DType::boolean), value("next", DType::f32, {Dim("N"), Dim(2)})};
    Graph graph;
    graph.name = "recurrent";
    graph.inputs = {value("x", DType::f32, {Dim("N"), Dim(2)})};
    graph.outputs = {value("y", DType::f32, {Dim("N"), Dim(2)})};
    graph.nodes = {{"loop", "Loop", {"rounds", "", "x"}, {"y"}, {{"body", Subgraph(body)}}}};
    graph.initializers.emplace("w", Tensor::of<float>({2, 2}, {0.5F, -1, 0.25F, 0.75F}));
    if (rounds) {
        graph.initializers.emplace("rounds", Tensor::of<std::int64_t>({}, {*rounds}));
    } else {
        graph.inputs.push_back(value("rounds", DType::i64));
    }
    return graph;
}

TEST(TrainedBodies, RunAndGiveTheirWeightTheGradientOfEveryRound) {
    Executor executor(recurrent(3), {});
    const at::Tensor x = at::tensor({1.0F, 2.0F, -1.0F, 0.5F}).reshape({2, 2});
    const at::Tensor y = executor.forward(x);
    y.square().sum().backward();
    const at::Tensor w = at::tensor({0.5F, -1.0F, 0.25F, 0.75F}).reshape({2, 2}).requires_grad_();
    at::Tensor h = x;
    for (int round = 0; round < 3; ++round) h = at::tanh(h.matmul(w)) + x;
    EXPECT_TRUE(at::allclose(y, h));
    h.square().sum().backward();
    ASSERT_EQ(executor.parameters().size(), 1U);
    EXPECT_TRUE(at::allclose(executor.parameters().at("w").grad(), w.grad()));
}

TEST(TrainedBodies, WhoseRoundsAreNotKnownAreRefused) {
    EXPECT_ERROR(Unsupported, "node \"loop\": Loop cannot be trained where what its body does is known only",
                 Executor(recurrent(std::nullopt), {}));
}

}  // namespace
}  // namespace espalier::train
