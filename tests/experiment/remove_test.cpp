// Structure that is really removed: from every built-in network, and from small ones with each way in which
// axes can belong together. Every removal proves itself; here it is also checked what goes.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "espalier/models.h"
#include "experiment/removal/for_removal.h"
#include "experiment/trained.h"
#include "graph/builder.h"
#include "graph/coupling/axis_groups.h"

namespace espalier {
namespace {

using test::trained;

std::int64_t elements(const Graph& graph) {
    std::int64_t count = 0;
    for (const auto& constant : graph.initializers) count += constant.second.count();
    return count;
}

experiment::Cut half() { return {.unit_norm = "mean", .scope = "layer-wise", .target = {.sparsity = 0.5}}; }

/// The groups of a network that `body` builds on an image of 16 channels, after half of each was removed.
std::map<std::string, experiment::Removal::Group> halved(
    const std::function<std::string(GraphBuilder& builder, const std::string& x)>& body) {
    GraphBuilder builder("network", 1);
    const std::string x = builder.input("x", {Dim("N"), 3, 8, 8});
    const std::string stem = builder.relu("stem.relu", builder.conv("stem", x, 16, {.size = 3, .pad = 1}));
    builder.output(builder.linear("head", builder.flatten("flat", body(builder, stem)), 5));
    Graph graph = trained(std::move(builder).finish());
    const std::int64_t before = elements(graph);
    const experiment::Removal removal = experiment::remove(graph, half());
    EXPECT_LT(elements(graph), before);
    EXPECT_LT(removal.difference, 1e-5);
    std::map<std::string, experiment::Removal::Group> groups;
    for (const auto& group : removal.groups) {
        if (group.refused.empty()) groups[group.name] = group;
    }
    return groups;
}

TEST(Remove, AChainOfConvolutions) {
    const auto groups = halved([](GraphBuilder& b, const std::string& x) {
        return b.relu("r", b.batch_norm("n", b.conv("c", x, 12, {.size = 3}, false)));
    });
    EXPECT_EQ(groups.at("stem.weight").units, 16);
    EXPECT_EQ(groups.at("stem.weight").left, 8);
    EXPECT_EQ(groups.at("c.weight").units, 12);
    EXPECT_EQ(groups.at("c.weight").left, 6);
}

TEST(Remove, ResidualSumsGoTogether) {
    const auto groups = halved([](GraphBuilder& b, const std::string& x) {
        const std::string y = b.conv("c2", b.relu("r", b.conv("c1", x, 20, {.size = 1})), 16, {.size = 1});
        return b.add("sum", x, y);
    });
    EXPECT_EQ(groups.at("stem.weight").left, 8);  // the spine: stem and c2
    EXPECT_FALSE(groups.contains("c2.weight"));
    EXPECT_EQ(groups.at("c1.weight").left, 10);
}

TEST(Remove, DepthwiseGoesWithItsChannels) {
    const auto groups = halved([](GraphBuilder& b, const std::string& x) {
        const std::string wide = b.relu6("r1", b.conv("up", x, 24, {.size = 1}));
        const std::string depthwise = b.relu6("r2", b.conv("dw", wide, 24, {.size = 3, .pad = 1}, true, 24));
        return b.conv("down", depthwise, 16, {.size = 1});
    });
    EXPECT_EQ(groups.at("up.weight").left, 12);
    EXPECT_FALSE(groups.contains("dw.weight"));
}

TEST(Remove, GroupedConvolutionsStayEqual) {
    const auto groups = halved([](GraphBuilder& b, const std::string& x) {
        return b.conv("g", x, 24, {.size = 3, .pad = 1}, true, 4);
    });
    EXPECT_EQ(groups.at("stem.weight").units, 4);  // one channel of each of four groups
    EXPECT_EQ(groups.at("g.weight").units, 6);
}

TEST(Remove, ConcatAndSplit) {
    const auto groups = halved([](GraphBuilder& b, const std::string& x) {
        const std::string y = b.conv("c", x, 10, {.size = 1});
        const std::string both = b.node({.name = "both",
                                         .op = "Concat",
                                         .inputs = {x, y},
                                         .outputs = {"both"},
                                         .attributes = {{"axis", std::int64_t{1}}}});
        return b.conv("mix", both, 8, {.size = 1});
    });
    EXPECT_EQ(groups.at("stem.weight").left, 8);
    EXPECT_EQ(groups.at("c.weight").left, 5);
    EXPECT_EQ(groups.at("mix.weight").left, 4);
}

TEST(Remove, PaddedImages) {
    const auto groups = halved([](GraphBuilder& b, const std::string& x) {
        b.initializer("pads",
                      Tensor::of<std::int64_t>({8}, std::vector<std::int64_t>{0, 0, 1, 1, 0, 0, 1, 1}));
        const std::string wide = b.node(
            {.name = "wide", .op = "Pad", .inputs = {x, "pads"}, .outputs = {"wide"}, .attributes = {}});
        return b.conv("c", wide, 6, {.size = 3});
    });
    EXPECT_EQ(groups.at("stem.weight").left, 8);
    EXPECT_EQ(groups.at("c.weight").left, 3);
}

TEST(Remove, ShuffledChannels) {
    const auto groups = halved([](GraphBuilder& b, const std::string& x) {
        const std::string apart = b.reshape("apart", x, {0, 2, 8, 8, 8});
        const std::string turned = b.transpose("turned", apart, {0, 2, 1, 3, 4});
        return b.conv("c", b.reshape("together", turned, {0, 16, 8, 8}), 6, {.size = 1});
    });
    EXPECT_EQ(groups.at("stem.weight").units, 8);  // channel i and i + 8
    EXPECT_EQ(groups.at("stem.weight").left, 4);
}

/// Attention of 4 heads of 8 over 64 positions of 16 channels.
std::string attention(GraphBuilder& b, const std::string& x) {
    const std::string rows = b.transpose("rows", b.reshape("flatten", x, {0, 16, 64}), {0, 2, 1});
    const auto heads = [&](const std::string& name) {
        const std::string split = b.reshape(name + ".split", b.dense(name, rows, 32), {0, 64, 4, 8});
        return b.transpose(name + ".heads", split, {0, 2, 1, 3});
    };
    const std::string keys = b.transpose("keys", heads("k"), {0, 1, 3, 2});
    const std::string weights = b.softmax("softmax", b.matmul("scores", heads("q"), keys));
    const std::string mixed = b.transpose("back", b.matmul("mixed", weights, heads("v")), {0, 2, 1, 3});
    return b.dense("out", b.reshape("merged", mixed, {0, 64, 32}), 16);
}

TEST(Remove, HeadsOfAttention) {
    const auto groups = halved(attention);
    ASSERT_TRUE(groups.contains("k.weight"));
    EXPECT_EQ(groups.at("k.weight").units, 4);  // heads: of queries, keys and values
    EXPECT_EQ(groups.at("k.weight").left, 2);
}

TEST(Remove, SaysWhatCannotGoAndWhy) {
    GraphBuilder builder("network", 1);
    const std::string x = builder.input("x", {Dim("N"), 6});
    const std::string y = builder.softmax("norm", builder.dense("a", x, 8));
    builder.output(builder.dense("b", builder.relu("r", builder.dense("c", y, 10)), 4));
    Graph graph = trained(std::move(builder).finish());
    const experiment::Removal removal = experiment::remove(graph, half());
    const auto find = [&](const std::string& name) {
        return *std::ranges::find(removal.groups, name, &experiment::Removal::Group::name);
    };
    EXPECT_NE(find("a.weight").refused.find("Softmax"), std::string::npos);
    EXPECT_NE(find("b.weight").refused.find("output of the network"), std::string::npos);
    EXPECT_EQ(find("c.weight").left, 5);
}

TEST(Remove, RefusesWhatItCannotDo) {
    Graph graph = models::build("lenet-300-100");
    experiment::Cut cut = half();
    cut.criterion = "taylor";
    EXPECT_THROW(experiment::remove(graph, cut), InvalidArgument);
    cut = half();
    cut.target = {.macs = 0.5};
    EXPECT_THROW(experiment::remove(graph, cut), InvalidArgument);
    GraphBuilder builder("one", 1);
    builder.output(builder.dense("a", builder.input("x", {Dim("N"), 6}), 4));
    Graph one = std::move(builder).finish();
    EXPECT_THROW(experiment::remove(one, half()), InvalidModel);
}

/// What decides a Reshape's sizes is folded as well where the file has no open dimensions.
TEST(Remove, FilesOfFixedSizeNeedNoShape) {
    GraphBuilder b("network", 1);
    const std::string x = b.input("x", {1, 3, 8, 8});
    const std::string y = b.relu("r", b.conv("c", x, 16, {.size = 3, .pad = 1}));
    b.output(b.linear("head", b.flatten("flat", y), 16 * 64, 5));
    Graph graph = trained(std::move(b).finish());
    // As exporters write a Flatten: Reshape to a shape that is computed from the value's own.
    const auto flat = std::ranges::find(graph.nodes, "Flatten", &Node::op);
    ASSERT_NE(flat, graph.nodes.end());
    const std::string from = flat->inputs[0];
    const auto ints = [&](const std::string& name, std::vector<std::int64_t> values) {
        graph.initializers.insert_or_assign(
            name, Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values));
        return name;
    };
    const std::string batch = ints("first", {0});
    const std::string rest = ints("rest", {-1});
    flat->op = "Reshape";
    flat->attributes.clear();
    flat->inputs = {from, "shape"};
    const auto place = graph.nodes.insert(
        flat, {.name = "size", .op = "Shape", .inputs = {from}, .outputs = {"sizes"}, .attributes = {}});
    const auto pick = graph.nodes.insert(
        std::next(place),
        {.name = "pick", .op = "Gather", .inputs = {"sizes", batch}, .outputs = {"n"}, .attributes = {}});
    graph.nodes.insert(std::next(pick), {.name = "join",
                                         .op = "Concat",
                                         .inputs = {"n", rest},
                                         .outputs = {"shape"},
                                         .attributes = {{"axis", std::int64_t{0}}}});
    verify(graph);
    Graph prepared = graph;
    experiment::prepare_for_removal(prepared, {});
    EXPECT_EQ(std::ranges::count(prepared.nodes, "Shape", &Node::op), 0);
    const auto removal = experiment::remove(prepared, half());
    EXPECT_EQ(removal.groups.front().left, 8);
}

TEST(RemoveTo, MultiplyAddsWithinAHundredth) {
    Graph graph = trained(models::build("resnet-20", {.example_shape = Shape{3, 32, 32}}));
    graph.inputs[0].type.dims[0] = Dim(1);
    experiment::Cut cut = half();
    cut.target = {};
    const experiment::Removal removal = experiment::remove_to(graph, cut, {.macs = 0.47});
    EXPECT_NEAR(removal.reached / removal.goal, 1, 0.02);  // whole channels of 16 come no nearer
    EXPECT_TRUE(removal.notes.empty());
    EXPECT_ERROR(InvalidArgument, "is met as it is", experiment::remove_to(graph, cut, {.macs = 1.0}));
    EXPECT_ERROR(InvalidArgument, "cannot be met: with 98 % of the units removed it is",
                 experiment::remove_to(graph, cut, {.macs = 1e-6}));
    EXPECT_ERROR(InvalidArgument, "needs one target",
                 experiment::remove_to(graph, cut, {.macs = 0.5, .latency_ms = 1}));
}

class EveryNetwork : public testing::TestWithParam<std::string> {};

TEST_P(EveryNetwork, GetsSmaller) {
    const Shape example = GetParam().starts_with("lenet") ? Shape{1, 28, 28} : Shape{3, 32, 32};
    Graph graph = trained(models::build(GetParam(), {.example_shape = example}));
    const std::int64_t before = elements(graph);
    const experiment::Removal removal = experiment::remove(graph, half());
    EXPECT_LT(static_cast<double>(elements(graph)), 0.65 * static_cast<double>(before));
    EXPECT_LT(removal.difference, 1e-5);
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Remove, EveryNetwork,
                         testing::Values("lenet-300-100", "lenet-5", "conv-4", "resnet-20", "resnet-18",
                                         "mobilenet-v1", "mobilenet-v2", "vgg-16", "vit-64-2"),
                         name_of);

}  // namespace
}  // namespace espalier
