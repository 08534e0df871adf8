// Convolutions with zeros: what runs them, with what behind them, and that it computes the same.
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"

#include "espalier/runtime.h"

namespace espalier {
namespace {

using runtime::Options;

/// Two convolutions of which one has zeros, with `functions` behind it and a sum with the other.
Graph block(std::vector<Node> functions, const std::string& added_to, double density = 0.1) {
    test::Case sparse{
        .name = "block",
        .inputs = {{"x", {2, 32, 15, 13}}},
        .constants = {{"w", {48, 32, 3, 3}}, {"v", {48, 32, 1, 1}}},
        .nodes = {test::node("Conv", {"x", "v"}, "short"),
                  test::node("Conv", {"x", "w"}, "h", {{"pads", test::integers({1, 1, 1, 1})}})}};
    std::string value = "h";
    if (added_to == "h") {
        sparse.nodes.push_back(test::node("Add", {"h", "short"}, "sum"));
        value = "sum";
    }
    for (Node& function : functions) {
        function.inputs.insert(function.inputs.begin(), value);
        value = function.outputs.front();
        sparse.nodes.push_back(std::move(function));
    }
    Graph graph = test::graph_of(sparse);
    test::sparsify(graph.initializers.at("w"), density, "w");
    return graph;
}

/// The profile of the second convolution, after the outputs were compared.
runtime::LayerProfile run(const Graph& graph, Options::Choice choice) {
    const NamedTensors inputs = {{"x", test::random_tensor({2, 32, 15, 13}, "x")}};
    const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
    runtime::LayerProfile found;
    for (const int threads : {1, 2}) {
        auto session = runtime::compile(graph, {.threads = threads, .choice = choice});
        test::expect_near(session.run(inputs)[0], expected, 1e-5);
        for (const auto& layer : session.profile()) {
            if (layer.weights == 48 * 32 * 9) found = layer;
        }
    }
    return found;
}

TEST(SparseConv, RunsWhateverIsBehindIt) {
    const std::vector<std::vector<Node>> functions = {
        {},
        {test::node("Relu", {}, "y")},
        {test::node("HardSwish", {}, "y")},
        {test::node("Relu", {}, "r"), test::node("Sigmoid", {}, "y")},
    };
    for (const auto& behind : functions) {
        for (const char* added : {"", "h"}) {
            if (behind.empty() && *added == '\0') continue;
            const auto layer = run(block(behind, added), Options::Choice::sparse);
            EXPECT_TRUE(layer.kernel.starts_with("conv_f32_panel")) << layer.kernel;
            EXPECT_NEAR(layer.weights_left, 0.1, 0.02);
        }
    }
}

/// Zeros in the same places of four neighbouring outputs.
void cut_in_blocks(Tensor& w) {
    const std::int64_t row = w.count() / w.shape()[0];
    for (std::int64_t i = 0; i < w.count(); ++i) {
        const std::int64_t first = i / row / 4 * 4 * row + i % row;
        if (w.f32()[static_cast<std::size_t>(first)] == 0.0F) w.f32()[static_cast<std::size_t>(i)] = 0;
    }
}

TEST(SparseConv, BlocksOfFourOutputsAreFound) {
    Graph graph = block({test::node("Relu", {}, "y")}, "h", 0.2);
    EXPECT_EQ(run(graph, Options::Choice::sparse).kernel.find("4x1"), std::string::npos);
    cut_in_blocks(graph.initializers.at("w"));
    const NamedTensors inputs = {{"x", test::random_tensor({2, 32, 15, 13}, "x")}};
    const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
    auto session = runtime::compile(
        graph, {.threads = 1, .choice = Options::Choice::sparse, .tuning = Options::Tuning::none});
    test::expect_near(session.run(inputs)[0], expected, 1e-5);
    const auto has_blocks = [](const runtime::LayerProfile& layer) {
        return layer.kernel.starts_with("conv_f32_panel 4x1");
    };
    EXPECT_TRUE(std::ranges::any_of(session.profile(), has_blocks));
}

TEST(SparseConv, ChannelsByThemselvesHaveAKernelOfTheirOwn) {
    for (const std::int64_t outputs : {24, 48}) {
        Graph graph = test::graph_of({.name = "depthwise",
                                      .inputs = {{"x", {2, 24, 15, 13}}},
                                      .constants = {{"w", {outputs, 1, 3, 3}}, {"b", {outputs}}},
                                      .nodes = {test::node("Conv", {"x", "w", "b"}, "h",
                                                           {{"group", test::integer(24)},
                                                            {"strides", test::integers({2, 2})},
                                                            {"pads", test::integers({1, 1, 1, 1})}}),
                                                test::node("Relu", {"h"}, "y")}});
        test::sparsify(graph.initializers.at("w"), 0.3, "w");
        const NamedTensors inputs = {{"x", test::random_tensor({2, 24, 15, 13}, "x")}};
        const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
        for (const int threads : {1, 2}) {
            auto session = runtime::compile(graph, {.threads = threads, .choice = Options::Choice::sparse});
            test::expect_near(session.run(inputs)[0], expected, 1e-5);
            const auto is_own = [](const runtime::LayerProfile& layer) {
                return layer.kernel.starts_with("depthwise_f32");
            };
            EXPECT_TRUE(std::ranges::any_of(session.profile(), is_own));
        }
    }
}

TEST(SparseConv, ChainsOfProductsInBlocks) {
    Graph graph = test::perceptron({37, 50, 42, 10}, 0.3);
    for (auto& [name, tensor] : graph.initializers) {
        if (tensor.rank() == 2) cut_in_blocks(tensor);
    }
    for (const std::int64_t batch : {1, 30, 100}) {
        const NamedTensors inputs = {{"x", test::random_tensor({batch, 37}, "x")}};
        const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
        for (const auto tuning : {Options::Tuning::none, Options::Tuning::full}) {
            auto session =
                runtime::compile(graph, {.threads = 2, .choice = Options::Choice::sparse, .tuning = tuning});
            test::expect_near(session.run(inputs)[0], expected, 1e-5);
        }
    }
}

TEST(SparseConv, DenseIsDense) {
    const auto layer = run(block({test::node("Relu", {}, "y")}, "h"), Options::Choice::dense);
    EXPECT_EQ(layer.kernel, "dense (oneDNN)");
}

TEST(SparseConv, OfAnUnprunedNetworkIsNotTried) {
    const auto layer = run(block({test::node("Relu", {}, "y")}, "h", 1.0), Options::Choice::measured);
    EXPECT_EQ(layer.kernel, "dense (oneDNN)");
    EXPECT_TRUE(layer.why.starts_with("sparse would take about")) << layer.why;
}

}  // namespace
}  // namespace espalier
