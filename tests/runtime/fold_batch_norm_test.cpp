// A normalisation behind a layer costs nothing, and only where nobody else reads what it normalises.
#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/runtime.h"
#include "graph/builder.h"
#include "runtime/cases/networks.h"

namespace espalier {
namespace {

/// Convolution, normalisation and ReLU; with `shared`, the convolution is an output too.
Graph block(bool shared) {
    GraphBuilder builder("block", 1);
    const std::string x = builder.input("x", {Dim("N"), Dim(3), Dim(8), Dim(8)});
    const std::string conv = builder.conv("conv", x, 4, {.size = 3}, false);
    builder.output(builder.relu("relu", builder.batch_norm("norm", conv)));
    if (shared) builder.output(conv);
    Graph graph = std::move(builder).finish();
    test::sparsify(graph.initializers.at("conv.weight"), 0.5, "weight");
    return graph;
}

runtime::LayerProfile profile_of(const Graph& graph, const std::string& node) {
    runtime::Session session = runtime::compile(graph, {.threads = 1});
    session.prepare({{"x", {2, 3, 8, 8}}});
    const auto& layers = session.profile();
    return *std::ranges::find(layers, node, &runtime::LayerProfile::node);
}

TEST(FoldBatchNorm, ItIsComputedWithTheConvolution) {
    for (const char* node : {"norm", "relu"}) {
        EXPECT_EQ(profile_of(block(false), node).kernel, "fused");
        EXPECT_EQ(profile_of(block(false), node).why, "computed with node \"conv\"");
    }
}

TEST(FoldBatchNorm, NotIfTheConvolutionIsReadElsewhere) {
    EXPECT_NE(profile_of(block(true), "norm").kernel, "fused");
}

TEST(FoldBatchNorm, ZerosStayZero) {
    const Graph graph = block(false);
    const auto weights = graph.initializers.at("conv.weight").f32();
    const auto nonzeros = std::ranges::count_if(weights, [](float value) { return value != 0.0F; });
    const auto profile = profile_of(graph, "conv");
    EXPECT_EQ(profile.weights, std::ssize(weights));
    EXPECT_NEAR(profile.weights_left * static_cast<double>(profile.weights), static_cast<double>(nonzeros),
                1e-9);
}

}  // namespace
}  // namespace espalier
