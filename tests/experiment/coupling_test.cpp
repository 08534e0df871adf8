// Operators whose axes belong together in ways of their own, each in a small network of which half is
// removed. Every removal proves itself against the network with zeros; here it is also checked what went.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/trained.h"
#include "graph/builder.h"

namespace espalier {
namespace {

using test::trained;

Tensor random_tensor(const Shape& shape, const std::string& name) {
    Tensor tensor(DType::f32, shape);
    Random random(5, name);
    for (float& value : tensor.f32()) value = random.normal() * 0.3F;
    return tensor;
}

struct Halved {
    Graph graph;
    experiment::Removal removal;

    std::int64_t left(const std::string& group) const {
        const auto found = std::ranges::find(removal.groups, group, &experiment::Removal::Group::name);
        if (found == removal.groups.end()) return -1;
        EXPECT_EQ(found->refused, "") << group;
        return found->left;
    }
    const Shape& shape(const std::string& weight) const { return graph.initializers.at(weight).shape(); }
};

Halved halved(GraphBuilder builder) {
    Halved result{.graph = trained(std::move(builder).finish()), .removal = {}};
    result.removal = experiment::remove(
        result.graph, {.unit_norm = "mean", .scope = "layer-wise", .target = {.sparsity = 0.5}});
    EXPECT_LT(result.removal.difference, 1e-5);
    return result;
}

bool says_over_rest(const Halved& result) {
    return std::ranges::any_of(result.removal.notes, [](const std::string& note) {
        return note.find("over what is left") != std::string::npos;
    });
}

/// The rows of "table" whose numbers are the places of the largest of X.
std::string rows_of_table(GraphBuilder& b, const std::string& x) {
    const std::string largest =
        b.node({.name = "largest",
                .op = "ArgMax",
                .inputs = {x},
                .outputs = {"largest"},
                .attributes = {{"axis", std::int64_t{2}}, {"keepdims", std::int64_t{0}}}});
    return b.node({.name = "words",
                   .op = "Gather",
                   .inputs = {"table", largest},
                   .outputs = {"words"},
                   .attributes = {}});
}

TEST(Coupling, EmbeddingsThroughLayerNormalization) {
    GraphBuilder b("network", 1);
    std::string x = b.dense("a", b.input("x", {Dim("N"), 5, 6}), 8);
    x = b.add("sum", x, b.dense("back", b.relu("r", b.dense("wide", b.layer_norm("norm", x), 12)), 8));
    b.output(b.dense("head", b.layer_norm("last", x), 3));
    const Halved result = halved(std::move(b));
    EXPECT_EQ(result.left("a.weight"), 4);
    EXPECT_EQ(result.left("wide.weight"), 6);
    EXPECT_EQ(result.shape("norm.scale"), Shape{4});
    EXPECT_EQ(result.shape("head.weight"), (Shape{4, 3}));
    EXPECT_TRUE(says_over_rest(result));
}

TEST(Coupling, MeansOfSquaresAsExportersWriteThem) {
    GraphBuilder b("network", 1);
    const std::string x = b.dense("a", b.input("x", {Dim("N"), 5, 6}), 8);
    b.initializer("epsilon", Tensor::of<float>({}, {1e-5F}));
    b.initializer("gain", Tensor::of<float>({8}, {1, 2, 3, 4, 5, 6, 7, 8}));
    using Attributes = std::map<std::string, Attribute>;
    const auto node = [&](const char* name, const char* op, const std::vector<std::string>& inputs,
                          const Attributes& attributes = {}) {
        return b.node(
            {.name = name, .op = op, .inputs = inputs, .outputs = {name}, .attributes = attributes});
    };
    const Attributes last = {{"axes", std::vector<std::int64_t>{-1}}};
    const std::string mean = node("mean", "ReduceMean", {x}, last);
    const std::string apart = node("apart", "Sub", {x, mean});
    const std::string variance =
        node("variance", "ReduceMean", {node("square", "Mul", {apart, apart})}, last);
    const std::string root = node("root", "Sqrt", {node("shifted", "Add", {variance, "epsilon"})});
    const std::string y = node("scaled", "Mul", {node("normal", "Div", {apart, root}), "gain"});
    b.output(b.dense("head", y, 3));
    const Halved result = halved(std::move(b));
    EXPECT_EQ(result.left("a.weight"), 4);
    EXPECT_EQ(result.shape("gain"), Shape{4});
    EXPECT_TRUE(says_over_rest(result));
}

TEST(Coupling, GroupNormalization) {
    GraphBuilder b("network", 1);
    const std::string x = b.conv("a", b.input("x", {Dim("N"), 3, 6, 6}), 12, {.size = 3});
    b.initializer("scale", random_tensor({12}, "scale"));
    b.initializer("shift", random_tensor({12}, "shift"));
    const std::string y = b.node({.name = "norm",
                                  .op = "GroupNormalization",
                                  .inputs = {x, "scale", "shift"},
                                  .outputs = {"norm"},
                                  .attributes = {{"num_groups", std::int64_t{3}}}});
    b.output(b.conv("head", b.relu("r", y), 4, {.size = 1}));
    const Halved result = halved(std::move(b));
    EXPECT_EQ(result.left("a.weight"), 2);  // of 4: the same channel of three groups
    EXPECT_EQ(result.shape("a.weight")[0], 6);
    EXPECT_EQ(result.shape("scale"), Shape{6});
}

TEST(Coupling, GroupNormalizationExportedAsOneOfInstances) {
    GraphBuilder b("network", 1);
    const std::string x = b.conv("a", b.input("x", {Dim("N"), 3, 4, 4}), 16, {.size = 1});
    b.initializer("ones", Tensor::of<float>({2}, {1, 1}));
    b.initializer("zeros", Tensor::of<float>({2}, {0, 0}));
    const std::string apart = b.reshape("apart", x, {0, 2, -1});
    const std::string norm = b.node({.name = "norm",
                                     .op = "InstanceNormalization",
                                     .inputs = {apart, "ones", "zeros"},
                                     .outputs = {"norm"},
                                     .attributes = {}});
    b.output(b.conv("head", b.relu("r", b.reshape("together", norm, {0, 16, 4, 4})), 4, {.size = 1}));
    const Halved result = halved(std::move(b));
    EXPECT_EQ(result.shape("a.weight")[0], 8);
}

TEST(Coupling, InstanceNormalizationGoesWithItsChannels) {
    GraphBuilder b("network", 1);
    const std::string x = b.conv("a", b.input("x", {Dim("N"), 3, 4, 4}), 10, {.size = 1});
    b.initializer("scale", random_tensor({10}, "scale"));
    b.initializer("shift", random_tensor({10}, "shift"));
    const std::string norm = b.node({.name = "norm",
                                     .op = "InstanceNormalization",
                                     .inputs = {x, "scale", "shift"},
                                     .outputs = {"norm"},
                                     .attributes = {}});
    b.output(b.conv("head", norm, 4, {.size = 1}));
    const Halved result = halved(std::move(b));
    EXPECT_EQ(result.left("a.weight"), 5);
    EXPECT_EQ(result.shape("scale"), Shape{5});
    EXPECT_FALSE(says_over_rest(result));
}

TEST(Coupling, Einsum) {
    GraphBuilder b("network", 1);
    const std::string x = b.input("x", {Dim("N"), 5, 6});
    const std::string keys = b.dense("k", x, 8);
    const std::string queries = b.dense("q", x, 8);
    const auto einsum = [&](const char* name, const char* equation, const std::vector<std::string>& inputs) {
        return b.node({.name = name,
                       .op = "Einsum",
                       .inputs = inputs,
                       .outputs = {name},
                       .attributes = {{"equation", std::string(equation)}}});
    };
    const std::string scores = einsum("scores", "bic,bjc->bij", {queries, keys});
    const std::string mixed = einsum("mixed", "bij,bjd->bid", {scores, b.dense("v", x, 10)});
    b.output(b.dense("head", mixed, 3));
    const Halved result = halved(std::move(b));
    EXPECT_EQ(result.left("k.weight"), 4);  // with the queries'
    EXPECT_EQ(result.shape("q.weight")[1], 4);
    EXPECT_EQ(result.left("v.weight"), 5);
}

TEST(Coupling, TablesOfEmbeddings) {
    GraphBuilder b("network", 1);
    const std::string x = b.input("x", {Dim("N"), 5, 6});
    b.initializer("table", random_tensor({20, 8}, "table"));
    const std::string words = rows_of_table(b, x);
    b.output(b.dense("head", b.relu("r", b.add("sum", words, b.dense("a", x, 8))), 3));
    const Halved result = halved(std::move(b));
    EXPECT_EQ(result.left("a.weight"), 4);
    EXPECT_EQ(result.shape("table"), (Shape{20, 4}));
}

TEST(Coupling, TheWidthOfAnEmbeddingThatNoLayerAddsTo) {
    GraphBuilder b("network", 1);
    const std::string x = b.input("x", {1, 5, 7});
    b.initializer("table", random_tensor({7, 8}, "table"));
    b.initializer("w", random_tensor({1, 16, 8}, "w"));
    b.initializer("r", random_tensor({1, 16, 4}, "r"));
    const std::string words = rows_of_table(b, x);
    const std::string y = b.node({.name = "recurrent",
                                  .op = "LSTM",
                                  .inputs = {b.transpose("steps", words, {1, 0, 2}), "w", "r"},
                                  .outputs = {"recurrent"},
                                  .attributes = {{"hidden_size", std::int64_t{4}}}});
    b.output(b.dense("head", b.reshape("flat", b.transpose("back", y, {2, 0, 1, 3}), {1, 5, 4}), 3));
    const Halved result = halved(std::move(b));
    EXPECT_EQ(result.left("table"), 4);
    EXPECT_EQ(result.shape("table"), (Shape{7, 4}));
    EXPECT_EQ(result.shape("w"), (Shape{1, 8, 4}));
}

class Recurrence : public testing::TestWithParam<std::pair<const char*, std::int64_t>> {};

TEST_P(Recurrence, HiddenUnitsGoOfAllGatesAndDirections) {
    const auto [op, gates] = GetParam();
    constexpr std::int64_t kHidden = 8;
    for (const std::int64_t directions : {1, 2}) {
        GraphBuilder b("network", 1);
        const std::string x = b.transpose("steps", b.dense("a", b.input("x", {1, 5, 6}), 4), {1, 0, 2});
        b.initializer("w", random_tensor({directions, gates * kHidden, 4}, "w"));
        b.initializer("r", random_tensor({directions, gates * kHidden, kHidden}, "r"));
        b.initializer("bias", random_tensor({directions, 2 * gates * kHidden}, "bias"));
        const std::string y = b.node(
            {.name = "recurrent",
             .op = op,
             .inputs = {x, "w", "r", "bias"},
             .outputs = {"recurrent"},
             .attributes = {{"hidden_size", kHidden},
                            {"direction", std::string(directions == 1 ? "forward" : "bidirectional")}}});
        const std::string back = b.transpose("back", y, {2, 0, 1, 3});
        b.output(b.dense("head", b.reshape("flat", back, {1, 5, directions * kHidden}), 3));
        const Halved result = halved(std::move(b));
        EXPECT_EQ(result.shape("r"), (Shape{directions, gates * kHidden / 2, kHidden / 2})) << op;
        EXPECT_EQ(result.shape("w"), (Shape{directions, gates * kHidden / 2, 2})) << op;
        EXPECT_EQ(result.shape("head.weight")[0], directions * kHidden / 2) << op;
    }
}

INSTANTIATE_TEST_SUITE_P(Coupling, Recurrence,
                         testing::Values(std::pair("LSTM", 4), std::pair("GRU", 3), std::pair("RNN", 1)));

}  // namespace
}  // namespace espalier
