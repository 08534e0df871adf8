// Attention as exporters spell it out becomes one step, which computes what the nodes do.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/attention/strided_view.h"
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"

namespace espalier {
namespace {

using test::Case;
using test::integer;
using test::integers;
using test::node;

constexpr std::int64_t kExamples = 2, kRows = 9, kHeads = 3, kWidth = 8, kFeatures = kHeads * kWidth;

Tensor ints(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}
Tensor number(float value) { return Tensor::of<float>({}, std::vector<float>{value}); }

std::vector<Node> joined(std::initializer_list<std::vector<Node>> parts) {
    std::vector<Node> all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// "q", "k" and "v" of x, heads before rows, keys upright.
std::vector<Node> projections() {
    std::vector<Node> nodes;
    for (const std::string name : {"q", "k", "v"}) {
        nodes.push_back(node("MatMul", {"x", "w" + name}, "p" + name));
        nodes.push_back(node("Reshape", {"p" + name, "heads"}, "r" + name));
        const std::vector<std::int64_t> order =
            name == "k" ? std::vector<std::int64_t>{0, 2, 3, 1} : std::vector<std::int64_t>{0, 2, 1, 3};
        nodes.push_back(node("Transpose", {"r" + name}, name, {{"perm", integers(order)}}));
    }
    return nodes;
}
std::vector<Node> outputs() {
    return {node("Softmax", {"changed"}, "weights"), node("MatMul", {"weights", "v"}, "heads out"),
            node("Transpose", {"heads out"}, "rows out", {{"perm", integers({0, 2, 1, 3})}}),
            node("Reshape", {"rows out", "flat"}, "y")};
}

Case case_of(std::string name, std::vector<Node> between) {
    Case made{.name = std::move(name),
              .inputs = {{"x", {kExamples, kRows, kFeatures}}},
              .constants = {{"wq", {kFeatures, kFeatures}},
                            {"wk", {kFeatures, kFeatures}},
                            {"wv", {kFeatures, kFeatures}}},
              .nodes = joined({projections(), between, outputs()})};
    made.given["heads"] = ints({kExamples, kRows, kHeads, kWidth});
    made.given["flat"] = ints({kExamples, kRows, kFeatures});
    made.given["scale"] = number(2.5F);
    return made;
}

Case encoder() {
    Case made =
        case_of("Encoder", {node("MatMul", {"q", "k"}, "scores"), node("Div", {"scores", "scale"}, "scaled"),
                            node("Add", {"scaled", "mask"}, "changed")});
    made.inputs["mask"] = {kExamples, 1, 1, kRows};
    return made;
}

Case relative_positions() {
    Case made = case_of("RelativePositions",
                        {node("MatMul", {"q", "k"}, "scores"), node("Add", {"bias", "scores"}, "placed"),
                         node("Add", {"placed", "mask"}, "changed")});
    made.constants["bias"] = {1, kHeads, kRows, kRows};
    made.inputs["mask"] = {kExamples, 1, 1, kRows};
    return made;
}

Case scaled_before() {
    return case_of("ScaledBefore", {node("Mul", {"q", "scale"}, "qs"), node("Mul", {"k", "scale"}, "ks"),
                                    node("MatMul", {"qs", "ks"}, "changed")});
}

/// GPT-2 of PyTorch: casts to what values are already.
Case causal() {
    Case made =
        case_of("Causal", {node("MatMul", {"q", "k"}, "scores"), node("Div", {"scores", "scale"}, "scaled"),
                           node("Cast", {"scaled"}, "cast", {{"to", integer(1)}}),
                           node("Where", {"causal", "cast", "least"}, "changed")});
    for (Node& each : made.nodes) {
        if (each.op == "MatMul" && each.inputs[0] == "weights") each.inputs[0] = "weights cast";
    }
    made.nodes.insert(std::ranges::find(made.nodes, "heads out", [](const Node& n) { return n.outputs[0]; }),
                      node("Cast", {"weights"}, "weights cast", {{"to", integer(1)}}));
    Tensor seen(DType::boolean, {1, 1, kRows, kRows});
    for (std::int64_t i = 0; i < kRows * kRows; ++i)
        seen.bytes()[static_cast<std::size_t>(i)] = std::byte{i % kRows <= i / kRows};
    made.given["causal"] = std::move(seen);
    made.given["least"] = number(-1e4F);
    return made;
}

/// Windows of an image see masks of their own, under another shape of the same scores.
Case windows() {
    Case made =
        case_of("Windows",
                {node("MatMul", {"q", "k"}, "scores"), node("Reshape", {"scores", "split"}, "apart"),
                 node("Add", {"apart", "mask"}, "masked"), node("Reshape", {"masked", "whole"}, "changed")});
    made.constants["mask"] = {1, kExamples, 1, kRows, kRows};
    made.given["split"] = ints({1, kExamples, kHeads, kRows, kRows});
    made.given["whole"] = ints({kExamples, kHeads, kRows, kRows});
    return made;
}

/// One product gives all three, from which `nodes` take q, k and v; keys are turned behind.
Case packed(std::string name, std::vector<Node> nodes) {
    Case made{.name = std::move(name),
              .inputs = {{"x", {kExamples, kRows, kFeatures}}},
              .constants = {{"w", {kFeatures, 3 * kFeatures}}},
              .nodes = joined({{node("MatMul", {"x", "w"}, "all")},
                               nodes,
                               {node("Transpose", {"keys"}, "k", {{"perm", integers({0, 1, 3, 2})}}),
                                node("MatMul", {"q", "k"}, "changed")},
                               outputs()})};
    made.given["three"] = ints({kExamples, kRows, 3, kHeads, kWidth});
    made.given["heads"] = ints({kExamples, kRows, kHeads, kWidth});
    made.given["flat"] = ints({kExamples, kRows, kFeatures});
    for (std::int64_t i = 0; i < 3; ++i) {
        made.given["at " + std::to_string(i)] = Tensor::of<std::int64_t>({}, std::vector{i});
        made.given["from " + std::to_string(i)] = ints({i * kFeatures});
    }
    made.given["from 3"] = ints({3 * kFeatures});
    made.given["last"] = ints({-1});
    return made;
}

Case gathered() {
    std::vector<Node> nodes = {node("Reshape", {"all", "three"}, "apart"),
                               node("Transpose", {"apart"}, "turned", {{"perm", integers({2, 0, 3, 1, 4})}})};
    int at = 0;
    for (const std::string name : {"q", "keys", "v"}) {
        nodes.push_back(
            node("Gather", {"turned", "at " + std::to_string(at++)}, name, {{"axis", integer(0)}}));
    }
    return packed("Gathered", nodes);
}

Case sliced() {
    std::vector<Node> nodes;
    int at = 0;
    for (const std::string name : {"q", "keys", "v"}) {
        nodes.push_back(node("Slice",
                             {"all", "from " + std::to_string(at), "from " + std::to_string(at + 1), "last"},
                             "s" + name));
        nodes.push_back(node("Reshape", {"s" + name, "heads"}, "r" + name));
        nodes.push_back(node("Transpose", {"r" + name}, name, {{"perm", integers({0, 2, 1, 3})}}));
        ++at;
    }
    return packed("Sliced", nodes);
}

Case divided() {
    Node split = node("Split", {"all"}, "sq", {{"axis", integer(2)}});
    split.outputs = {"sq", "skeys", "sv"};
    std::vector<Node> nodes = {split};
    for (const std::string name : {"q", "keys", "v"}) {
        nodes.push_back(node("Reshape", {"s" + name, "heads"}, "r" + name));
        nodes.push_back(node("Transpose", {"r" + name}, name, {{"perm", integers({0, 2, 1, 3})}}));
    }
    return packed("Divided", nodes);
}

/// Heads share keys and values; those of steps before come first.
Case grouped() {
    const Shape past = {kExamples, 1, 4, kWidth};
    Case made{
        .name = "Grouped", .inputs = {{"q", {kExamples, kHeads, 1, kWidth}}}, .constants = {}, .nodes = {}};
    for (const std::string name : {"key", "value"}) {
        made.inputs["past " + name] = past;
        made.inputs["new " + name] = {kExamples, 1, 1, kWidth};
        made.nodes.push_back(
            node("Concat", {"past " + name, "new " + name}, "all " + name, {{"axis", integer(2)}}));
        made.nodes.push_back(node("Unsqueeze", {"all " + name, "third"}, "apart " + name));
        made.nodes.push_back(node("Expand", {"apart " + name, "repeated"}, "each " + name));
        made.nodes.push_back(node("Reshape", {"each " + name, "shared"}, "of heads " + name));
    }
    made.given["third"] = ints({2});
    made.given["repeated"] = ints({kExamples, 1, kHeads, 5, kWidth});
    made.given["shared"] = ints({kExamples, kHeads, 5, kWidth});
    made.nodes.push_back(node("Transpose", {"of heads key"}, "k", {{"perm", integers({0, 1, 3, 2})}}));
    made.nodes.push_back(node("MatMul", {"q", "k"}, "scores"));
    made.nodes.push_back(node("Softmax", {"scores"}, "weights"));
    made.nodes.push_back(node("MatMul", {"weights", "of heads value"}, "y"));
    return made;
}

std::vector<Case> attention_cases() {
    return {encoder(), relative_positions(), scaled_before(), causal(),
            windows(), gathered(),           sliced(),        divided(),
            grouped()};
}

NamedTensors inputs_of(const Case& test) {
    NamedTensors inputs;
    for (const auto& [name, shape] : test.inputs) inputs[name] = test::random_tensor(shape, "input " + name);
    return inputs;
}

std::ptrdiff_t count_fused(const runtime::Session& session) {
    return std::ranges::count(session.profile(), "Attention", &runtime::LayerProfile::op);
}

/// How far apart the outputs are with and without fusing.
void expect_same_without(const Case& test, std::ptrdiff_t fused) {
    const Graph graph = test::graph_of(test);
    const NamedTensors inputs = inputs_of(test);
    auto plain = runtime::compile(graph, {.threads = 1, .without = {"fuse-attention"}});
    const std::vector<Tensor> expected = plain.run(inputs);
    EXPECT_EQ(count_fused(plain), 0);
    for (const int threads : {1, 2}) {
        auto session = runtime::compile(graph, {.threads = threads});
        const std::vector<Tensor> got = session.run(inputs);
        EXPECT_EQ(count_fused(session), fused);
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            ASSERT_EQ(got[i].shape(), expected[i].shape());
            for (std::size_t at = 0; at < got[i].f32().size(); ++at)
                ASSERT_NEAR(got[i].f32()[at], expected[i].f32()[at], 2e-5) << at;
        }
    }
}

class AttentionOf : public testing::TestWithParam<Case> {};

TEST_P(AttentionOf, IsFusedAndComputesTheSame) { expect_same_without(GetParam(), 1); }

TEST_P(AttentionOf, LeavesNothingOfItsNodes) {
    auto session = runtime::compile(test::graph_of(GetParam()), {.threads = 1});
    session.run(inputs_of(GetParam()));
    for (const runtime::LayerProfile& layer : session.profile()) {
        if (layer.op == "Softmax" || layer.op == "Transpose" || layer.op == "Slice") {
            EXPECT_EQ(layer.kernel, "fused") << layer.node;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Every, AttentionOf, testing::ValuesIn(attention_cases()),
                         [](const auto& info) { return info.param.name; });

Case changed(Case test, const std::string& output, const std::function<void(Node&)>& change) {
    for (Node& each : test.nodes) {
        if (each.outputs[0] == output) change(each);
    }
    return test;
}

TEST(Attention, IsLeftWhereItIsSomethingElse) {
    expect_same_without(changed(encoder(), "weights", [](Node& n) { n.attributes["axis"] = integer(2); }), 0);
    // A mask that is scaled with the scores.
    Case scaled =
        case_of("Scaled", {node("MatMul", {"q", "k"}, "scores"), node("Add", {"scores", "mask"}, "masked"),
                           node("Mul", {"masked", "scale"}, "changed")});
    scaled.inputs["mask"] = {kExamples, 1, 1, kRows};
    expect_same_without(scaled, 0);
}

TEST(Attention, IsLeftWhereItsScoresAreAnOutput) {
    Graph graph = test::graph_of(encoder());
    graph.outputs.push_back({"weights", {DType::f32, to_dims({kExamples, kHeads, kRows, kRows})}});
    auto session = runtime::compile(graph, {.threads = 1});
    session.run(inputs_of(encoder()));
    EXPECT_EQ(count_fused(session), 0);
}

TEST(Attention, KeepsWhatOthersReadOfItsInputs) {
    Graph graph = test::graph_of(encoder());
    graph.outputs.push_back({"v", {DType::f32, to_dims({kExamples, kHeads, kRows, kWidth})}});
    auto session = runtime::compile(graph, {.threads = 1});
    auto plain = runtime::compile(graph, {.threads = 1, .without = {"fuse-attention"}});
    const NamedTensors inputs = inputs_of(encoder());
    const std::vector<Tensor> got = session.run(inputs);
    EXPECT_EQ(count_fused(session), 1);
    EXPECT_TRUE(got[1] == plain.run(inputs)[1]);
}

/// A scaled query that something else reads, too, behind its move: the factor is not passed over.
TEST(Attention, OfAQueryWhoseScaleIsReadElsewhere) {
    Case test = encoder();
    for (Node& each : test.nodes) {
        if (each.outputs[0] == "rq") each.inputs[0] = "mq";
    }
    test.nodes.insert(test.nodes.begin() + 1, node("Mul", {"pq", "scale"}, "mq"));
    Graph graph = test::graph_of(test);
    graph.outputs.push_back({"q", {DType::f32, to_dims({kExamples, kHeads, kRows, kWidth})}});
    auto session = runtime::compile(graph, {.threads = 1});
    auto plain = runtime::compile(graph, {.threads = 1, .without = {"fuse-attention"}});
    const NamedTensors inputs = inputs_of(test);
    const std::vector<Tensor> got = session.run(inputs), expected = plain.run(inputs);
    EXPECT_EQ(count_fused(session), 1);
    EXPECT_TRUE(got[1] == expected[1]);
    for (std::size_t at = 0; at < got[0].f32().size(); ++at)
        ASSERT_NEAR(got[0].f32()[at], expected[0].f32()[at], 2e-5) << at;
}

/// The second one reads what the first one gives before its Transpose: it stays spelled out.
TEST(Attention, OfWhatAnotherOneGives) {
    Case test = encoder();
    test.nodes.pop_back();
    for (const Node& each :
         {node("Transpose", {"rows out"}, "upright", {{"perm", integers({0, 1, 3, 2})}}),
          node("MatMul", {"rows out", "upright"}, "over heads"),
          node("Softmax", {"over heads"}, "weights of heads"),
          node("MatMul", {"weights of heads", "rows out"}, "mixed"), node("Reshape", {"mixed", "flat"}, "y")})
        test.nodes.push_back(each);
    expect_same_without(test, 1);
}

TEST(Attention, OfAnIndexOutOfRangeIsRefusedAsWithoutFusing) {
    Case test = gathered();
    for (auto& [name, tensor] : test.given) {
        if (tensor.dtype() == DType::i64 && tensor.count() == 1) tensor.as<std::int64_t>()[0] = 1000;
    }
    const Graph graph = test::graph_of(test);
    for (const std::vector<std::string>& without :
         {std::vector<std::string>{}, std::vector<std::string>{"fuse-attention"}}) {
        const auto run = [&] {
            auto session = runtime::compile(graph, {.threads = 1, .without = without});
            session.run(inputs_of(test));
        };
        EXPECT_THROW(run(), Error);
    }
}

TEST(StridedViews, MergeAndCutDimensions) {
    auto dims = runtime::row_major_dims({4, 6});
    EXPECT_TRUE(runtime::reshape(dims, {2, 12}));
    EXPECT_EQ(runtime::places_of(dims, 0, 1, 5), (std::vector<std::int64_t>{5, 17}));
    EXPECT_TRUE(runtime::merge(dims[1]));
    EXPECT_EQ(dims[1].front().step, 1);
    dims = {{{6, 1}}, {{4, 6}}};  // turned
    EXPECT_TRUE(runtime::reshape(dims, {2, 3, 4}));
    EXPECT_EQ(runtime::places_of(dims, 0, 2, 0), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
    EXPECT_FALSE(runtime::reshape(dims, {5, 5}));
    EXPECT_FALSE(runtime::reshape(dims, {4, 6}));  // 4 of 6 and half of the next
    EXPECT_TRUE(runtime::reshape(dims, {24}));
    EXPECT_FALSE(runtime::merge(dims[0]));
}

}  // namespace
}  // namespace espalier
