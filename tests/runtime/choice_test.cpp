// What is chosen, that every choice computes the same, and that the profile tells the truth about it.
#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/runtime.h"
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"

namespace espalier {
namespace {

using runtime::LayerProfile;
using runtime::Options;
using runtime::Session;
using test::perceptron;
using test::random_tensor;

const LayerProfile* layer(const std::vector<LayerProfile>& profile, const std::string& node,
                          const std::string& op) {
    const auto found = std::find_if(profile.begin(), profile.end(), [&](const LayerProfile& entry) {
        return entry.node == node && entry.op == op;
    });
    return found == profile.end() ? nullptr : &*found;
}

bool is_sparse(const LayerProfile& entry) { return entry.kernel.starts_with("spm"); }

/// A perceptron with what interrupts a chain: a view, a value read twice, an Add, and an output in the
/// middle.
Graph tangled() {
    Graph graph = perceptron({40, 64, 64, 64, 64, 10}, 0.1);
    const auto insert = [&](std::size_t at, std::string op, std::vector<std::string> inputs,
                            std::string output) {
        graph.nodes.insert(graph.nodes.begin() + static_cast<std::ptrdiff_t>(at),
                           {.name = output,
                            .op = std::move(op),
                            .inputs = std::move(inputs),
                            .outputs = {output},
                            .attributes = {}});
    };
    // fc1 relu1 [view] fc2 relu2 fc3 relu3 [sum = relu2 + relu3] fc4 relu4 fc5 softmax
    insert(2, "Flatten", {"relu1"}, "view");
    graph.nodes[3].inputs[0] = "view";
    insert(7, "Add", {"relu2", "relu3"}, "sum");
    graph.nodes[8].inputs[0] = "sum";
    graph.outputs.push_back({"fc4", infer_types(graph).at("fc4")});
    verify(graph);
    return graph;
}

class Batches : public testing::TestWithParam<std::int64_t> {};

TEST_P(Batches, EveryChoiceComputesTheSame) {
    for (const Graph& graph : {perceptron({70, 90, 40, 10}, 0.1), tangled()}) {
        const std::int64_t features = graph.inputs[0].type.dims[1].size();
        const NamedTensors inputs{{"x", random_tensor({GetParam(), features}, "x")}};
        const auto expected = test::run_plainly(graph, inputs);
        for (const auto choice :
             {Options::Choice::dense, Options::Choice::sparse, Options::Choice::measured}) {
            for (const int threads : {1, 2}) {
                Session session = runtime::compile(graph, {.threads = threads, .choice = choice});
                const auto outputs = session.run(inputs);
                for (std::size_t i = 0; i < outputs.size(); ++i) {
                    test::expect_near(outputs[i], expected.at(graph.outputs[i].name), 1e-5);
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Odd, Batches, testing::Values(1, 2, 3, 16, 63, 64, 65, 128, 200));

TEST(Choice, IsWhatWasAskedFor) {
    const Graph graph = tangled();
    for (const std::int64_t batch : {1, 20, 100}) {
        for (const bool sparse : {false, true}) {
            const auto choice = sparse ? Options::Choice::sparse : Options::Choice::dense;
            Session session = runtime::compile(graph, {.threads = 1, .choice = choice});
            session.prepare({{"x", {batch, 40}}});
            for (const LayerProfile& entry : session.profile()) {
                if (entry.weights == 0) continue;
                EXPECT_EQ(is_sparse(entry), sparse) << entry.node << " runs " << entry.kernel;
                EXPECT_EQ(entry.why, sparse ? "sparse was asked for" : "dense was asked for");
            }
        }
    }
}

TEST(Choice, TheProfileNamesEveryNodeAndCountsItsWeights) {
    Graph graph = perceptron({40, 64, 10}, 1.0);
    auto w = graph.initializers.at("fc1.weight").f32();
    std::fill(w.begin(), w.begin() + 64 * 30, 0.0F);
    Session session = runtime::compile(graph, {.threads = 1, .choice = Options::Choice::sparse});
    session.prepare({{"x", {16, 40}}});
    const auto& profile = session.profile();
    for (const Node& node : graph.nodes) EXPECT_NE(layer(profile, node.name, node.op), nullptr) << node.name;
    const LayerProfile& fc1 = *layer(profile, "fc1", "Gemm");
    EXPECT_EQ(fc1.weights, 64 * 40);
    EXPECT_NEAR(fc1.weights_left, 0.25, 1e-9);
    EXPECT_GT(fc1.predicted_us, 0);
    EXPECT_GT(fc1.measured_us, 0);
    EXPECT_GT(fc1.dense_us, 0);
    EXPECT_EQ(layer(profile, "relu1", "Relu")->kernel, "fused");
    const LayerProfile& softmax = *layer(profile, "softmax", "Softmax");
    EXPECT_EQ(softmax.why, "no sparse kernel for Softmax");
    EXPECT_EQ(softmax.weights, 0);
    EXPECT_NE(layer(profile, "fc1", "layout"), nullptr);  // into panels before fc1
    EXPECT_NE(layer(profile, "fc2", "layout"), nullptr);  // and back only behind fc2
    EXPECT_EQ(
        std::count_if(profile.begin(), profile.end(), [](const auto& entry) { return entry.op == "layout"; }),
        2);
}

TEST(Choice, ADenseNetworkStaysDenseAndSaysWhy) {
    Session session = runtime::compile(perceptron({300, 300, 300}), {.threads = 1});
    session.prepare({{"x", {64, 300}}});
    const LayerProfile& fc1 = *layer(session.profile(), "fc1", "Gemm");
    EXPECT_FALSE(is_sparse(fc1));
    EXPECT_TRUE(fc1.why.starts_with("sparse would take")) << fc1.why;
}

/// A feed-forward block of a transformer: Gelu over five nodes behind the first product, the residual behind
/// the second.
Graph feed_forward(double density) {
    Graph graph;
    graph.name = "feed-forward";
    graph.inputs = {{"x", {DType::f32, {Dim(70), Dim(48)}}}};
    const auto number = [](float value) { return Tensor::of<float>({}, std::vector{value}); };
    graph.initializers = {{"up", random_tensor({48, 96}, "up")},
                          {"up_bias", random_tensor({96}, "ub")},
                          {"down", random_tensor({96, 48}, "down")},
                          {"down_bias", random_tensor({48}, "db")},
                          {"root", number(1.41421356F)},
                          {"one", number(1)},
                          {"half", number(0.5F)}};
    for (const char* weight : {"up", "down"}) test::sparsify(graph.initializers.at(weight), density, weight);
    using test::node;
    graph.nodes = {node("MatMul", {"x", "up"}, "a"),     node("Add", {"a", "up_bias"}, "b"),
                   node("Div", {"b", "root"}, "c"),      node("Erf", {"c"}, "d"),
                   node("Add", {"d", "one"}, "e"),       node("Mul", {"b", "e"}, "f"),
                   node("Mul", {"f", "half"}, "g"),      node("MatMul", {"g", "down"}, "h"),
                   node("Add", {"h", "down_bias"}, "i"), node("Add", {"x", "i"}, "j"),
                   node("Sigmoid", {"j"}, "y")};
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    return graph;
}

/// What each node runs as, without the changes of layout.
std::map<std::string, std::string> kernels_of(const Graph& graph, Options::Choice choice) {
    Session session = runtime::compile(graph, {.threads = 1, .choice = choice});
    session.prepare({{"x", {70, 48}}});
    std::map<std::string, std::string> kernels;
    for (const LayerProfile& entry : session.profile()) {
        if (entry.op != "layout") kernels[entry.node] = entry.kernel;
    }
    return kernels;
}

TEST(Choice, DenseIsTheSameProgramWhateverTheZeros) {
    const auto full = kernels_of(feed_forward(1), Options::Choice::dense);
    EXPECT_EQ(full.at("a"), "dense (oneDNN)");
    for (const char* node : {"b", "c", "d", "e", "f", "g", "i", "j", "y"}) EXPECT_EQ(full.at(node), "fused");
    for (const double density : {0.9, 0.5, 0.1, 0.0})
        EXPECT_EQ(kernels_of(feed_forward(density), Options::Choice::dense), full) << density;
}

TEST(Choice, SparseLayersKeepWhatIsComputedBehindThem) {
    auto dense = kernels_of(feed_forward(0.2), Options::Choice::dense);
    const auto sparse = kernels_of(feed_forward(0.2), Options::Choice::sparse);
    for (const char* product : {"a", "h"}) {
        EXPECT_TRUE(sparse.at(product).starts_with("spmm")) << sparse.at(product);
        dense[product] = sparse.at(product);
    }
    EXPECT_EQ(sparse, dense);
    const NamedTensors inputs{{"x", random_tensor({70, 48}, "x")}};
    Session session = runtime::compile(feed_forward(0.2), {.threads = 2, .choice = Options::Choice::sparse});
    test::expect_near(session.run(inputs)[0], test::run_plainly(feed_forward(0.2), inputs).at("y"), 1e-5);
}

TEST(Choice, NothingLeftIsStillRun) {
    const Graph graph = perceptron({30, 20, 10}, 0.0);
    const NamedTensors inputs{{"x", random_tensor({70, 30}, "x")}};
    Session session = runtime::compile(graph, {.threads = 1});
    test::expect_near(session.run(inputs)[0], test::run_plainly(graph, inputs).at("softmax"), 1e-6);
}

}  // namespace
}  // namespace espalier
