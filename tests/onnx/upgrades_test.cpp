// Older forms of operators, and the one form that each is brought to.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "graph/op.h"
#include "onnx/models.h"
#include "onnx/schema.h"
#include "onnx/upgrade.h"

namespace espalier {
namespace {

using testing::one_node;
using testing::parse;

/// The one node y = op(x) of `opset`, brought to its form, where x is f32 of `dims`. `constants` are its
/// other inputs.
std::vector<Node> form_of(Node node, int opset, const Dims& dims, std::map<std::string, Tensor>& constants) {
    std::map<std::string, ValueType> types{{"x", {DType::f32, dims}}};
    for (const auto& [name, tensor] : constants) types[name] = {tensor.dtype(), to_dims(tensor.shape())};
    std::set<std::string> names{"x", "y"};
    const onnx::Rewriter rewriter(
        types, names,
        [&](const std::string& name) { return constants.contains(name) ? &constants.at(name) : nullptr; },
        [&](const std::string& name, Tensor tensor) { constants.emplace(name, std::move(tensor)); });
    const auto schema = onnx::find_schema(node.op, opset);
    for (const onnx::Upgrade* upgrade : onnx::upgrades()) {
        if (std::ranges::count(upgrade->ops, node.op) == 0 || schema->since < upgrade->first ||
            schema->since > upgrade->last)
            continue;
        onnx::Rewriter to = rewriter;
        upgrade->rewrite(to, std::move(node));
        return std::move(to).take();
    }
    return {node};
}

struct Case {
    Node node;
    int opset;
    Dims dims;
    std::map<std::string, Tensor> constants;
    std::vector<Node> expected;
    std::map<std::string, std::vector<std::int64_t>> ints;  // initialisers afterwards
};

Node node_of(const std::string& op, std::vector<std::string> inputs,
             std::map<std::string, Attribute> attributes) {
    return {.name = "n",
            .op = op,
            .inputs = std::move(inputs),
            .outputs = {"y"},
            .attributes = std::move(attributes)};
}

using Ints = std::vector<std::int64_t>;
Tensor ints(const Ints& values) {
    return Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}
Tensor floats(const std::vector<float>& values) {
    return Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values);
}

TEST(Upgrades, FormsOfOperators) {
    const Dims image{Dim(1), Dim(3), Dim(8), Dim(10)};
    const std::vector<Case> cases{
        {node_of("Squeeze", {"x"}, {{"axes", Ints{0}}}),
         11,
         image,
         {},
         {node_of("Squeeze", {"x", "y.axes"}, {})},
         {{"y.axes", {0}}}},
        {node_of("Unsqueeze", {"x"}, {{"axes", Ints{0, -1}}}),
         7,
         image,
         {},
         {node_of("Unsqueeze", {"x", "y.axes"}, {})},
         {{"y.axes", {0, -1}}}},
        {node_of("ReduceSum", {"x"}, {{"axes", Ints{1}}, {"keepdims", std::int64_t{0}}}),
         11,
         image,
         {},
         {node_of("ReduceSum", {"x", "y.axes"}, {{"keepdims", std::int64_t{0}}})},
         {{"y.axes", {1}}}},
        {node_of("ReduceMean", {"x", "a"}, {}),
         18,
         image,
         {{"a", ints({2, 3})}},
         {node_of("ReduceMean", {"x"}, {{"axes", Ints{2, 3}}})},
         {}},
        {node_of("ReduceMax", {"x"}, {{"noop_with_empty_axes", std::int64_t{1}}}),
         20,
         image,
         {},
         {node_of("Identity", {"x"}, {})},
         {}},
        {node_of("ReduceMean", {"x"}, {{"axes", Ints{1}}}),
         13,
         image,
         {},
         {node_of("ReduceMean", {"x"}, {{"axes", Ints{1}}})},
         {}},
        {node_of("Slice", {"x"}, {{"starts", Ints{1}}, {"ends", Ints{3}}, {"axes", Ints{2}}}),
         9,
         image,
         {},
         {node_of("Slice", {"x", "y.starts", "y.ends", "y.axes"}, {})},
         {{"y.starts", {1}}, {"y.ends", {3}}, {"y.axes", {2}}}},
        {node_of("Split", {"x"}, {{"split", Ints{1, 2}}, {"axis", std::int64_t{1}}}),
         11,
         image,
         {},
         {node_of("Split", {"x", "y.split"}, {{"axis", std::int64_t{1}}})},
         {{"y.split", {1, 2}}}},
        {node_of("TopK", {"x"}, {{"k", std::int64_t{2}}}),
         9,
         image,
         {},
         {node_of("TopK", {"x", "y.k"}, {})},
         {{"y.k", {2}}}},
        {node_of("Pad", {"x"}, {{"pads", Ints{0, 0, 1, 1, 0, 0, 1, 1}}}),
         10,
         image,
         {},
         {node_of("Pad", {"x", "y.pads"}, {})},
         {{"y.pads", {0, 0, 1, 1, 0, 0, 1, 1}}}},
        {node_of("Pad", {"x", "p", "", "a"}, {}),
         18,
         image,
         {{"p", ints({1, 2, 3, 4})}, {"a", ints({-1, 2})}},
         {node_of("Pad", {"x", "y.pads", ""}, {})},
         {{"y.pads", {0, 0, 2, 1, 0, 0, 4, 3}}}},
        {node_of("Scatter", {"x", "i", "u"}, {}),
         9,
         image,
         {},
         {node_of("ScatterElements", {"x", "i", "u"}, {})},
         {}},
        {node_of("Cast", {"x"}, {{"to", std::int64_t{1}}, {"saturate", std::int64_t{0}}}),
         19,
         image,
         {},
         {node_of("Cast", {"x"}, {{"to", std::int64_t{1}}})},
         {}},
        {node_of("Upsample", {"x", "s"}, {{"mode", std::string("linear")}}),
         9,
         image,
         {},
         {node_of("Resize", {"x", "", "s"},
                  {{"mode", std::string("linear")},
                   {"coordinate_transformation_mode", std::string("asymmetric")}})},
         {}},
        {node_of("Upsample", {"x"}, {{"scales", std::vector<float>{1, 1, 2, 2}}}),
         7,
         image,
         {},
         {node_of("Resize", {"x", "", "y.scales"},
                  {{"coordinate_transformation_mode", std::string("asymmetric")},
                   {"nearest_mode", std::string("floor")}})},
         {}},
        {node_of("Resize", {"x", "s"}, {}),
         10,
         image,
         {{"s", floats({1, 1, 0.5F, 0.5F})}},
         {node_of("Resize", {"x", "", "s"},
                  {{"coordinate_transformation_mode", std::string("asymmetric")},
                   {"nearest_mode", std::string("ceil")}})},
         {}},
        {node_of("Resize", {"x", "e", "e", "z"}, {}),
         11,
         image,
         {{"e", floats({})}, {"z", ints({1, 3, 16, 20})}},
         {node_of("Resize", {"x", "", "", "z"}, {})},
         {{"z", {1, 3, 16, 20}}}},
        {node_of("Resize", {"x", "", "", "z"}, {{"axes", Ints{2, 3}}, {"antialias", std::int64_t{0}}}),
         18,
         image,
         {{"z", ints({4, 5})}},
         {node_of("Resize", {"x", "", "", "y.sizes"}, {})},
         {{"y.sizes", {1, 3, 4, 5}}}},
        {node_of("BatchNormalization", {"x", "a", "b", "c", "d"}, {{"spatial", std::int64_t{1}}}),
         7,
         image,
         {},
         {node_of("BatchNormalization", {"x", "a", "b", "c", "d"}, {})},
         {}},
        {node_of("Reshape", {"x", "s"}, {{"allowzero", std::int64_t{1}}}),
         14,
         image,
         {{"s", ints({3, -1})}},
         {node_of("Reshape", {"x", "s"}, {})},
         {}},
    };
    for (const Case& at : cases) {
        SCOPED_TRACE(at.node.op + " of opset " + std::to_string(at.opset));
        ASSERT_TRUE(onnx::find_schema(at.node.op, at.opset));
        auto constants = at.constants;
        const auto got = form_of(at.node, at.opset, at.dims, constants);
        ASSERT_EQ(got.size(), at.expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            EXPECT_EQ(got[i].op, at.expected[i].op);
            EXPECT_EQ(got[i].inputs, at.expected[i].inputs);
            EXPECT_TRUE(got[i].attributes == at.expected[i].attributes);
        }
        for (const auto& [name, values] : at.ints) {
            ASSERT_TRUE(constants.contains(name)) << name;
            EXPECT_EQ(constants.at(name), ints(values)) << name;
        }
    }
}

TEST(Upgrades, SplitIntoUnevenPartsGetsSizes) {
    Node node = node_of("Split", {"x"}, {{"num_outputs", std::int64_t{3}}, {"axis", std::int64_t{3}}});
    node.outputs = {"y", "z", "w"};
    std::map<std::string, Tensor> constants;
    EXPECT_EQ(form_of(node, 18, {Dim(1), Dim(1), Dim(1), Dim(8)}, constants)[0].inputs,
              (std::vector<std::string>{"x", "y.split"}));
    EXPECT_EQ(constants.at("y.split"), ints({3, 3, 2}));
    EXPECT_EQ(form_of(node, 18, {Dim(1), Dim(1), Dim(1), Dim(9)}, constants)[0].inputs,
              (std::vector<std::string>{"x"}));
}

/// Weight standardisation: of each channel of one example, running statistics that stay as they were.
TEST(Upgrades, BatchNormalizationThatTrainsOnOneIsThatOfInstances) {
    Node node = node_of("BatchNormalization", {"x", "a", "b", "c", "d"},
                        {{"training_mode", std::int64_t{1}}, {"momentum", 1.0F}, {"epsilon", 0.5F}});
    node.outputs = {"y", "mean", "variance"};
    std::map<std::string, Tensor> none;
    const Dims weight{Dim(1), Dim(3), Dim(8)};
    const std::vector<Node> made = form_of(node, 15, weight, none);
    ASSERT_EQ(made.size(), 3U);
    EXPECT_EQ(made[0].inputs, std::vector<std::string>{"c"});
    EXPECT_EQ(made[1].outputs, std::vector<std::string>{"variance"});
    EXPECT_EQ(made[2].op, "InstanceNormalization");
    EXPECT_EQ(made[2].inputs, (std::vector<std::string>{"x", "a", "b"}));
    EXPECT_EQ(made[2].outputs, std::vector<std::string>{"y"});
    EXPECT_EQ(made[2].attribute_float("epsilon", 0), 0.5F);
    node.attributes["momentum"] = 0.9F;
    EXPECT_ERROR(Unsupported, "running statistics that change", form_of(node, 15, weight, none));
}

TEST(Upgrades, GroupNormalizationOfOpset18GetsOneScaleAChannel) {
    std::map<std::string, Tensor> constants{{"s", floats({1, 2})}, {"b", floats({3, 4})}};
    const auto got =
        form_of(node_of("GroupNormalization", {"x", "s", "b"}, {{"num_groups", std::int64_t{2}}}), 18,
                {Dim("N"), Dim(4), Dim(5)}, constants);
    EXPECT_EQ(got[0].inputs, (std::vector<std::string>{"x", "y.scale", "y.bias"}));
    EXPECT_EQ(constants.at("y.scale"), floats({1, 1, 2, 2}));
    EXPECT_EQ(constants.at("y.bias"), floats({3, 3, 4, 4}));
}

TEST(Upgrades, WhatCannotBeBroughtToTheFormNamesTheNode) {
    const Dims image{Dim(1), Dim(3), Dim(), Dim(10)};
    std::map<std::string, Tensor> none;
    std::map<std::string, Tensor> zero{{"s", ints({0, -1})}};
    EXPECT_ERROR(Unsupported, "node \"n\": ReduceMean with axes that a node computes",
                 form_of(node_of("ReduceMean", {"x", "a"}, {}), 18, image, none));
    EXPECT_ERROR(Unsupported, "node \"n\": Reshape to dimensions of 0",
                 form_of(node_of("Reshape", {"x", "s"}, {{"allowzero", std::int64_t{1}}}), 14, image, zero));
    EXPECT_ERROR(
        Unsupported, "node \"n\": BatchNormalization with training_mode=1 over an input of shape 2x3x4",
        form_of(
            node_of("BatchNormalization", {"x", "a", "b", "c", "d"}, {{"training_mode", std::int64_t{1}}}),
            15, {Dim(2), Dim(3), Dim(4)}, none));
    EXPECT_ERROR(
        Unsupported, "node \"n\": Resize with antialias=1",
        form_of(node_of("Resize", {"x", "", "s"}, {{"antialias", std::int64_t{1}}}), 18, image, none));
    EXPECT_ERROR(InvalidModel, "node \"n\": input \"z\" is not defined before it",
                 form_of(node_of("Softmax", {"z"}, {}), 11, image, none));
}

/// Over 2 dimensions, one of them unknown: Reshape, Softmax over one, Reshape back.
TEST(Upgrades, SoftmaxOverManyDimensionsIsAReshape) {
    const Graph graph = parse(one_node("Softmax", {4, 3, 10}, 11));
    ASSERT_EQ(graph.nodes.size(), 3U);
    EXPECT_EQ(graph.nodes[0].op, "Reshape");
    EXPECT_EQ(graph.nodes[1].op, "Softmax");
    EXPECT_EQ(graph.nodes[1].attribute_int("axis", -1), 1);
    EXPECT_EQ(graph.nodes[2].outputs, std::vector<std::string>{"y"});
    EXPECT_EQ(graph.initializers.at(graph.nodes[0].inputs[1]), ints({0, -1}));
    EXPECT_EQ(graph.initializers.at(graph.nodes[2].inputs[1]), ints({0, 3, 10}));
    EXPECT_EQ(graph.outputs[0].type.dims, (Dims{Dim(4), Dim(3), Dim(10)}));
    std::map<std::string, Tensor> none;
    EXPECT_ERROR(Unsupported, "LogSoftmax over 2 dimensions of 4x?x? at once",
                 form_of(node_of("LogSoftmax", {"x"}, {}), 7, {Dim(4), Dim(), Dim()}, none));
}

/// Halves are made from f32 attributes: the least, the largest, ties to even, what overflows.
TEST(Upgrades, BoundsInHalfPrecision) {
    const Node node = node_of("Clip", {"x"}, {});
    for (const auto& [value, bits] :
         {std::pair{1.0F, 0x3c00}, std::pair{-2.0F, 0xc000}, std::pair{65504.0F, 0x7bff},
          std::pair{65520.0F, 0x7c00}, std::pair{0x1p-24F, 0x0001}, std::pair{0x1p-25F, 0x0000},
          std::pair{0x1.8p-24F, 0x0002}, std::pair{0x1.002p0F, 0x3c00}, std::pair{0x1.006p0F, 0x3c02},
          std::pair{0.0F, 0x0000}, std::pair{-0.0F, 0x8000}}) {
        const Tensor half = onnx::scalar_of(node, DType::f16, value);
        EXPECT_EQ(std::to_integer<int>(half.bytes()[0]) | std::to_integer<int>(half.bytes()[1]) << 8, bits)
            << value;
    }
    const Tensor brain = onnx::scalar_of(node, DType::bf16, 1.0F + 0x1p-8F);
    EXPECT_EQ(brain.bytes()[1], std::byte{0x3f});
    EXPECT_EQ(brain.bytes()[0], std::byte{0x80});
    EXPECT_ERROR(Unsupported, "Clip of i32", onnx::scalar_of(node, DType::i32, 1));
}

TEST(Upgrades, NoTwoUpgradesAreForTheSameForm) {
    std::set<std::pair<std::string_view, int>> seen;
    for (const onnx::Upgrade* upgrade : onnx::upgrades()) {
        EXPECT_FALSE(upgrade->summary.empty());
        for (const std::string_view op : upgrade->ops) {
            for (int since = upgrade->first; since <= upgrade->last; ++since)
                EXPECT_TRUE(seen.emplace(op, since).second) << op << " of " << since;
        }
    }
}

/// Every operator of the graph module is ONNX's.
}  // namespace
}  // namespace espalier
