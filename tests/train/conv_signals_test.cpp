// Signals of a network with convolutions and batch normalisation.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "espalier/surgery.h"
#include "graph/builder.h"
#include "train/blobs.h"
#include "train/collect/signals.h"
#include "train/executor/executor.h"

namespace espalier::train {
namespace {

/// Two convolutions, the first with batch normalisation unless `plain`, the second in 2 groups.
Graph network(bool plain) {
    GraphBuilder builder("signals", 9);
    std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(6), Dim(6)});
    x = builder.conv("a", x, 4, {.size = 3, .pad = 1}, false);
    if (!plain) x = builder.batch_norm("norm", x);
    x = builder.conv("b", builder.relu("relu", x), 6, {.size = 3}, false, 2);
    builder.output(builder.linear("fc", builder.flatten("flatten", x), 3));
    Graph graph = std::move(builder).finish();
    if (plain) return graph;
    const std::vector<float> scale = {0.5F, -2, 1, 0.25F};
    graph.initializers.insert_or_assign("norm.scale", Tensor::of<float>({4}, scale));
    graph.initializers.insert_or_assign("norm.mean", Tensor::of<float>({4}, scale));
    return graph;
}

class ConvSignals : public ::testing::Test {
  protected:
    ConvSignals() { recipe_.train.batch_size = 10; }

    std::map<std::string, std::vector<float>> collect(const Graph& graph, std::string_view signal) {
        const std::vector<std::string_view> needs = {signal};
        const Signals signals = Signals::collect({.graph = graph,
                                                  .weights = graph.initializers,
                                                  .dataset = &dataset_,
                                                  .recipe = recipe_,
                                                  .needs = needs,
                                                  .batches = 2});
        auto candidates = surgery::candidates(graph, graph.initializers);
        signals.attach(candidates);
        std::map<std::string, std::vector<float>> out;
        for (const auto& candidate : candidates)
            out[candidate.name] = {candidate.signal(signal).begin(), candidate.signal(signal).end()};
        return out;
    }

    data::Dataset dataset_ = testing::blob_dataset(20, 3);
    Recipe recipe_;
};

TEST_F(ConvSignals, InputNormIsOneAChannel) {
    const Graph graph = network(false);
    const auto norms = collect(graph, "input-norm");
    double squares = 0;
    for (const std::uint8_t byte : dataset_.train.images().as<std::uint8_t>())
        squares += std::pow((byte / 255.0 - 0.36F) / 0.22F, 2);
    ASSERT_EQ(norms.at("a.weight").size(), 1U);
    EXPECT_NEAR(norms.at("a.weight")[0], std::sqrt(squares), 1e-3);

    const at::Tensor images =
        (to_torch(dataset_.train.images()).to(at::kDouble) / 255 - double{0.36F}) / double{0.22F};
    Executor executor(graph, {});
    at::Tensor seen;
    executor.forward(images.to(at::kFloat), {}, [&](const Node& node, std::span<const at::Tensor> inputs) {
        if (node.name == "b") seen = inputs[0].detach().to(at::kDouble);
    });
    const at::Tensor sums = seen.square().sum({0, 2, 3});
    ASSERT_EQ(norms.at("b.weight").size(), 2U) << "one for each place in a group";
    EXPECT_NEAR(norms.at("b.weight")[0], std::sqrt((sums[0] + sums[2]).item<double>()), 1e-3);
    EXPECT_NEAR(norms.at("b.weight")[1], std::sqrt((sums[1] + sums[3]).item<double>()), 1e-3);
}

TEST_F(ConvSignals, ScaleIsThatOfTheNormalizationBehind) {
    const auto scales = collect(network(false), "batch-norm-scale");
    EXPECT_EQ(scales.at("a.weight"), (std::vector<float>{0.5F, -2, 1, 0.25F}));
    EXPECT_EQ(scales.at("b.weight"), std::vector<float>(6, 2.0F));
    EXPECT_EQ(scales.at("fc.weight"), std::vector<float>(3, 2.0F));
}

TEST_F(ConvSignals, FlowLooksPastTheNormalization) {
    const auto flow = collect(network(false), "flow");
    const auto plain = collect(network(true), "flow");
    EXPECT_EQ(flow, plain);
    EXPECT_GT(*std::ranges::min_element(flow.at("a.weight")), 0);
}

}  // namespace
}  // namespace espalier::train
