// Constants kept as f16 with a Cast behind each.
#include "experiment/prune/store_halves.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "graph/builder.h"

namespace espalier::experiment {
namespace {

Graph two_layers() {
    GraphBuilder b("two", 1);
    const std::string x = b.input("x", {Dim("N"), 20});
    b.output(b.linear("second", b.relu("r", b.linear("first", x, 20, 30)), 30, 4));
    Graph graph = std::move(b).finish();
    Random random(3, "halves");
    for (auto& [name, tensor] : graph.initializers) {
        for (float& value : tensor.f32()) value = random.normal();
    }
    return graph;
}

TEST(StoreHalves, LargeConstantsAreHalvesBehindACast) {
    Graph graph = two_layers();
    const Graph before = graph;
    const StoredHalves stored = store_as_halves(graph);
    verify(graph);
    EXPECT_EQ(stored.tensors, 2);
    EXPECT_EQ(stored.kept, 0);
    EXPECT_GT(stored.largest_change, 0);
    EXPECT_LE(stored.largest_change, 1.0 / 2048);
    EXPECT_EQ(graph.initializers.at("first.weight.f16").dtype(), DType::f16);
    EXPECT_FALSE(graph.initializers.contains("first.weight"));
    EXPECT_EQ(graph.initializers.at("first.bias"), before.initializers.at("first.bias"));  // 30 elements
    EXPECT_EQ(graph.nodes.front().op, "Cast");
}

TEST(StoreHalves, WhatHalvesCannotHoldStays) {
    Graph graph = two_layers();
    graph.initializers.at("first.weight").f32()[7] = 70'000;
    for (float& value : graph.initializers.at("second.weight").f32()) value *= 1e-6F;
    const StoredHalves stored = store_as_halves(graph);
    EXPECT_EQ(stored.tensors, 0);
    EXPECT_EQ(stored.kept, 2);
    EXPECT_EQ(graph.initializers.at("first.weight").dtype(), DType::f32);
}

}  // namespace
}  // namespace espalier::experiment
