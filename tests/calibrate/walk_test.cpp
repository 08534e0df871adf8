// A network run stage by stage gives what it gives at once, and layers see what they read.
#include "calibrate/walk/walk.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/expect_error.h"
#include "base/random.h"
#include "calibrate/input_norms.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "graph/builder.h"

namespace espalier::calibrate {
namespace {

Tensor random_tensor(Shape shape, std::uint64_t seed) {
    Tensor tensor(DType::f32, std::move(shape));
    Random random(seed, "walk");
    for (float& value : tensor.f32()) value = static_cast<float>(random.uniform()) - 0.5F;
    return tensor;
}

/// Two products of one input, joined, with what reaches over stages, and a shape that the batch decides.
Graph branches() {
    GraphBuilder b("branches", 1);
    const std::string x = b.input("x", {Dim("N"), 4, 6});
    const std::string q = b.dense("q", x, 6);
    const std::string k = b.dense("k", x, 6);
    const std::string sum = b.relu("r", b.add("sum", q, k));
    const std::string flat = b.reshape("flat", sum, {0, 24});
    const std::string late = b.dense("late", b.add("skip", flat, b.reshape("xf", x, {0, 24})), 3);
    b.output(late);
    b.output(sum);
    return std::move(b).finish();
}

std::set<std::string> weights_of(const Graph& graph) {
    const auto names = prunable_weights(graph);
    return {names.begin(), names.end()};
}

TEST(Walk, StagesGiveWhatTheNetworkGives) {
    const Graph graph = branches();
    Batches batches(2);
    batches[0].emplace("x", random_tensor({2, 4, 6}, 1));
    batches[1].emplace("x", random_tensor({1, 4, 6}, 2));
    Walk walk(graph, weights_of(graph), batches, 1);
    EXPECT_EQ(walk.stage_count(), 3U);
    walk.advance();
    ASSERT_EQ(walk.sites().size(), 2U);  // q and k, which read x
    EXPECT_EQ(walk.value(1, walk.sites()[0].readers[0]->inputs[0]), batches[1].at("x"));
    walk.advance();
    ASSERT_EQ(walk.sites().size(), 1U);
    EXPECT_EQ(walk.sites()[0].weight, "late.weight");
    walk.advance();
    ASSERT_TRUE(walk.is_done());
    runtime::Session session = runtime::compile(graph, {.threads = 1});
    for (std::size_t batch = 0; batch < 2; ++batch) {
        const std::vector<Tensor> expected = session.run(batches[batch]);
        const std::vector<Tensor> outputs = walk.outputs(batch);
        ASSERT_EQ(outputs.size(), 2U);
        for (std::size_t i = 0; i < 2; ++i) {
            ASSERT_EQ(outputs[i].shape(), expected[i].shape());
            for (std::size_t j = 0; j < expected[i].f32().size(); ++j)
                EXPECT_NEAR(outputs[i].f32()[j], expected[i].f32()[j], 1e-5);
        }
    }
}

TEST(Walk, LaterStagesSeeChangedWeights) {
    Graph graph = branches();
    Batches batches(1);
    batches[0].emplace("x", random_tensor({2, 4, 6}, 1));
    Walk walk(graph, weights_of(graph), batches, 1);
    walk.advance();
    for (float& value : graph.initializers.at("q.weight").f32()) value = 0;
    for (float& value : graph.initializers.at("k.weight").f32()) value = 0;
    while (!walk.is_done()) walk.advance();
    const Tensor sum = walk.outputs(0)[1];
    for (const float value : sum.f32()) EXPECT_EQ(value, 0);
}

TEST(Walk, NormsByHand) {
    GraphBuilder b("norms", 1);
    const std::string x = b.input("x", {Dim("N"), 2, 1, 2});
    const std::string y = b.conv("c", x, 4, {.size = 1}, true, 2);
    b.output(b.linear("head", b.flatten("f", y), 2));
    Graph graph = std::move(b).finish();
    for (float& value : graph.initializers.at("c.weight").f32()) value = 0;
    for (float& value : graph.initializers.at("c.bias").f32()) value = 3;
    Batches batches(2);
    batches[0].emplace("x", Tensor::of<float>({1, 2, 1, 2}, {1, 2, 3, 4}));
    batches[1].emplace("x", Tensor::of<float>({1, 2, 1, 2}, {0, 1, 1, 0}));
    const Observed seen = observe(graph, weights_of(graph), batches, 1);
    // One channel in each of two groups: 1 + 4 + 9 + 16 + 1 + 1.
    EXPECT_EQ(seen.norms.at("c.weight"), (std::vector<float>{std::sqrt(32.0F)}));
    EXPECT_EQ(seen.norms.at("head.weight"), std::vector<float>(8, std::sqrt(18.0F)));
}

TEST(Walk, ALayerWithoutInputsIsNamed) {
    GraphBuilder b("dead", 1);
    const std::string x = b.input("x", {Dim("N"), 4});
    b.output(b.linear("head", b.relu("r", b.linear("fc", x, 5)), 2));
    Graph graph = std::move(b).finish();
    for (float& value : graph.initializers.at("fc.bias").f32()) value = -100;
    Batches batches(1);
    batches[0].emplace("x", random_tensor({3, 4}, 1));
    EXPECT_ERROR(BadData, "the inputs of \"head.weight\" are all zero",
                 observe(graph, weights_of(graph), batches, 1));
}

}  // namespace
}  // namespace espalier::calibrate
