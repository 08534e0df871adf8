// Cuts by what layers see, of weights that are not one matrix on the right of a product: gates of recurrent
// layers, transposed convolutions, weights on the left, and weights behind a Transpose.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/expect_error.h"
#include "base/random.h"
#include "espalier/error.h"
#include "espalier/experiment.h"

namespace espalier {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor normal(Shape shape, std::uint64_t seed) {
    Tensor tensor(DType::f32, std::move(shape));
    Random random(seed, "forms");
    for (float& value : tensor.f32()) value = 0.4F * random.normal();
    return tensor;
}

/// Neighbours along the last dimension depend on each other, and differ in size.
Tensor walks(const Shape& shape, std::uint64_t seed) {
    Tensor tensor = normal(shape, seed);
    const auto last = static_cast<std::size_t>(shape.back());
    for (std::size_t i = 0; i < tensor.f32().size(); ++i) {
        if (i % last != 0) tensor.f32()[i] += 0.9F * tensor.f32()[i - 1];
    }
    for (std::size_t i = 0; i < tensor.f32().size(); ++i)
        tensor.f32()[i] *= static_cast<float>(1 + i % last % 4);
    return tensor;
}

Graph graph_of(const Shape& input, const Weights& weights, std::vector<Node> nodes) {
    Graph graph;
    graph.name = "forms";
    graph.inputs = {{"x", {DType::f32, to_dims(input)}}};
    graph.initializers = weights;
    graph.nodes = std::move(nodes);
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    return graph;
}

class CalibratedForms : public testing::Test {
  protected:
    struct Cut {
        experiment::CalibrationError error;
        prune::Plan plan;
        Graph graph;
    };
    Cut cut(const Graph& graph, const std::string& criterion, std::vector<std::string> methods = {},
            const std::string& granularity = "element") {
        if (data_.empty()) {
            for (std::uint64_t run = 0; run < 6; ++run) {
                Shape shape;
                for (const Dim& dim : graph.inputs[0].type.dims) shape.push_back(dim.size());
                NamedTensors batch;
                batch.emplace("x", walks(shape, 10 + run));
                data_.push_back(std::move(batch));
            }
        }
        Cut done{.error = {}, .plan = {}, .graph = graph};
        experiment::Cut how{.granularity = granularity,
                            .criterion = criterion,
                            .scope = "layer-wise",
                            .target = {.sparsity = 0.5},
                            .calibration = &data_,
                            .reconstruct = std::move(methods)};
        if (granularity == "2:4") how.target = {};
        done.plan = experiment::cut(done.graph, how, &done.error);
        verify(done.graph);
        EXPECT_EQ(done.error.layers.size(), done.plan.layers.size());
        for (const prune::LayerPlan& layer : done.plan.layers) {
            EXPECT_EQ(layer.kept * 2, layer.count) << layer.name;
            EXPECT_TRUE(std::ranges::any_of(done.error.layers, [&](const auto& one) {
                return one.weight == layer.name && one.error > 0 && one.error < 1;
            })) << layer.name;
        }
        return done;
    }

    void expect_methods_lose_less(const Graph& graph) {
        const Cut magnitude = cut(graph, "magnitude");
        const Cut wanda = cut(graph, "wanda");
        const Cut refit = cut(graph, "wanda", {"refit"});
        const Cut sparsegpt = cut(graph, "sparsegpt");
        const Cut alps = cut(graph, "alps");
        EXPECT_LT(wanda.error.outputs, magnitude.error.outputs);
        EXPECT_LT(refit.error.outputs, wanda.error.outputs);
        EXPECT_LT(sparsegpt.error.outputs, wanda.error.outputs);
        EXPECT_LT(alps.error.outputs, refit.error.outputs);
        for (std::size_t i = 0; i < wanda.error.layers.size(); ++i)
            EXPECT_LE(refit.error.layers[i].error, wanda.error.layers[i].error * 1.05)
                << wanda.error.layers[i].weight;
        cut(graph, "sparsegpt", {}, "2:4");
    }

    std::vector<NamedTensors> data_;
};

TEST_F(CalibratedForms, GatesOfBothDirections) {
    expect_methods_lose_less(
        graph_of({10, 4, 8}, {{"W", normal({2, 32, 8}, 1)}, {"R", normal({2, 32, 8}, 2)}},
                 {{"rnn",
                   "LSTM",
                   {"x", "W", "R"},
                   {"y"},
                   {{"hidden_size", std::int64_t{8}}, {"direction", std::string("bidirectional")}}}}));
}

TEST_F(CalibratedForms, GatesThatOnlyGiveTheirLastState) {
    const Graph graph =
        graph_of({10, 4, 8}, {{"W", normal({1, 24, 8}, 1)}, {"R", normal({1, 24, 8}, 2)}},
                 {{"rnn",
                   "GRU",
                   {"x", "W", "R"},
                   {"", "y"},
                   {{"hidden_size", std::int64_t{8}}, {"linear_before_reset", std::int64_t{1}}}}});
    const Cut sparsegpt = cut(graph, "sparsegpt");
    EXPECT_EQ(sparsegpt.error.layers[0].weight, "W[z]");
    EXPECT_EQ(sparsegpt.error.layers[0].rows, 6 * 40);
    EXPECT_LT(sparsegpt.error.outputs, cut(graph, "magnitude").error.outputs);
    Graph reset = graph;
    reset.nodes[0].attributes.erase("linear_before_reset");
    EXPECT_ERROR(Unsupported, "node \"rnn\": its recurrent weight multiplies states that were reset",
                 cut(reset, "sparsegpt"));
}

/// Backwards, only two of the states are large; forwards, the others.
TEST_F(CalibratedForms, DirectionsHaveStatesOfTheirOwn) {
    Weights weights = {{"W", normal({2, 4, 3}, 1)},
                       {"R", normal({2, 4, 4}, 2)},
                       {"h", Tensor::of<float>({2, 1, 4}, {90, 80, 1, 1, 1, 1, 90, 80})}};
    for (float& value : weights.at("R").f32()) value = std::copysign(0.3F, value);
    const Graph graph =
        graph_of({1, 1, 3}, weights,
                 {{"rnn",
                   "RNN",
                   {"x", "W", "R", "", "", "h"},
                   {"y"},
                   {{"hidden_size", std::int64_t{4}}, {"direction", std::string("bidirectional")}}}});
    const Cut wanda = cut(graph, "wanda");
    const prune::Mask& mask = wanda.plan.masks.at("R");
    for (std::int64_t i = 0; i < 32; ++i) EXPECT_EQ(mask[i], i < 16 ? i % 4 < 2 : i % 4 >= 2) << i;
}

/// Also with one constant for both initial states.
TEST_F(CalibratedForms, GatesWhoseWeightsLieBehindATranspose) {
    expect_methods_lose_less(graph_of({10, 4, 8},
                                      {{"w", normal({32, 8}, 1)},
                                       {"r", normal({8, 32, 1}, 2)},
                                       {"front", Tensor::of<std::int64_t>({1}, {0})},
                                       {"zeros", Tensor(DType::f32, {1, 4, 8})}},
                                      {{"a", "Unsqueeze", {"w", "front"}, {"W"}, {}},
                                       {"b", "Transpose", {"r"}, {"R"}, {{"perm", Ints{2, 1, 0}}}},
                                       {"rnn",
                                        "LSTM",
                                        {"x", "W", "R", "", "", "zeros", "zeros"},
                                        {"y"},
                                        {{"hidden_size", std::int64_t{8}}}}}));
}

TEST_F(CalibratedForms, StepsBehindTheEndOfASequenceDoNotCount) {
    Weights weights = {{"W", normal({1, 16, 4}, 1)},
                       {"R", normal({1, 16, 4}, 2)},
                       {"lengths", Tensor::of<std::int32_t>({1}, {3})}};
    const Graph graph = graph_of(
        {6, 1, 4}, weights,
        {{"rnn", "LSTM", {"x", "W", "R", "", "lengths"}, {"y"}, {{"hidden_size", std::int64_t{4}}}}});
    NamedTensors batch;
    Tensor x = walks({6, 1, 4}, 3);
    for (std::size_t i = 12; i < 24; ++i) x.f32()[i] = 1e4F;
    batch.emplace("x", x);
    data_.push_back(std::move(batch));
    EXPECT_EQ(cut(graph, "wanda").error.layers[0].rows, 3);
}

/// Read by a product, and turned by a later one: the first says what stays.
TEST_F(CalibratedForms, TiedWeightsAreCutByTheirFirstReader) {
    const auto graph = [](bool tied) {
        std::vector<Node> nodes = {{"a", "MatMul", {"x", "w"}, {"a"}, {}}, {"r", "Relu", {"a"}, {"r"}, {}}};
        nodes.push_back({"t", "Transpose", {tied ? "w" : "v"}, {"t"}, {{"perm", Ints{1, 0}}}});
        nodes.push_back({"b", "MatMul", {"r", "t"}, {"y"}, {}});
        Weights weights = {{"w", normal({8, 8}, 1)}};
        if (!tied) weights.emplace("v", normal({8, 8}, 1));
        return graph_of({20, 8}, weights, nodes);
    };
    for (const char* criterion : {"wanda", "sparsegpt"}) {
        const Cut tied = cut(graph(true), criterion);
        EXPECT_EQ(tied.plan.masks.at("w"), cut(graph(false), criterion).plan.masks.at("w")) << criterion;
    }
}

/// A table of words that the last product reads, too.
TEST_F(CalibratedForms, ATableIsCutByTheProductThatReadsIt) {
    Graph graph = graph_of({20, 8}, {{"w", normal({8, 8}, 1)}, {"table", normal({12, 8}, 2)}},
                           {{"a", "MatMul", {"x", "w"}, {"a"}, {}},
                            {"y", "Gemm", {"a", "table"}, {"y"}, {{"transB", std::int64_t{1}}}}});
    graph.initializers.emplace("ids", Tensor::of<std::int64_t>({20}, Ints(20, 3)));
    graph.nodes.insert(graph.nodes.begin(), {"words", "Gather", {"table", "ids"}, {"e"}, {}});
    graph.nodes[1].inputs[0] = "sum";
    graph.nodes.insert(graph.nodes.begin() + 1, {"sum", "Add", {"e", "x"}, {"sum"}, {}});
    EXPECT_LT(cut(graph, "sparsegpt").error.outputs, cut(graph, "magnitude").error.outputs);
}

TEST_F(CalibratedForms, TransposedConvolutions) {
    expect_methods_lose_less(graph_of({2, 8, 6, 6},
                                      {{"up", normal({8, 8, 3, 3}, 1)}, {"groups", normal({8, 4, 2, 2}, 2)}},
                                      {{"a", "ConvTranspose", {"x", "up"}, {"a"}, {{"strides", Ints{2, 2}}}},
                                       {"r", "Relu", {"a"}, {"r"}, {}},
                                       {"b",
                                        "ConvTranspose",
                                        {"r", "groups"},
                                        {"y"},
                                        {{"group", std::int64_t{2}}, {"strides", Ints{2, 1}}}}}));
}

TEST_F(CalibratedForms, WeightsOnTheLeftAndBehindATranspose) {
    const Graph graph = graph_of({5, 8, 16}, {{"left", normal({12, 8}, 1)}, {"turned", normal({20, 16}, 2)}},
                                 {{"turn", "Transpose", {"turned"}, {"t"}, {{"perm", Ints{1, 0}}}},
                                  {"a", "MatMul", {"left", "x"}, {"a"}, {}},
                                  {"r", "Relu", {"a"}, {"r"}, {}},
                                  {"b", "MatMul", {"r", "t"}, {"y"}, {}}});
    expect_methods_lose_less(graph);
    data_.clear();
    expect_methods_lose_less(graph_of({40, 8}, {{"left", normal({12, 8}, 1)}},
                                      {{"a", "Gemm", {"left", "x"}, {"y"}, {{"transB", std::int64_t{1}}}}}));
    data_.clear();
    const Cut sparsegpt = cut(graph, "sparsegpt");
    EXPECT_EQ(std::ranges::count(sparsegpt.graph.initializers.at("turned").f32(), 0.0F), 160);
    const Cut shifted = cut(graph, "wanda", {"flap"});
    EXPECT_TRUE(std::ranges::any_of(shifted.plan.notes, [](const std::string& note) {
        return note.find("\"turned\" has no bias") != std::string::npos;
    }));
}

}  // namespace
}  // namespace espalier
