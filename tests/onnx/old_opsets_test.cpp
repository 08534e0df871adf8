// Operators as they were before opset 7, against what their texts say they give.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "graph/evaluation.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using onnx::pb::AttributeProto;
using onnx::pb::ModelProto;
using testing::one_node;
using testing::parse;
using testing::set_int;

onnx::pb::NodeProto& node_of(ModelProto& model) { return *model.mutable_graph()->mutable_node(0); }

AttributeProto& attribute(ModelProto& model, const std::string& name, AttributeProto::AttributeType type) {
    auto& added = *node_of(model).add_attribute();
    added.set_name(name);
    added.set_type(type);
    return added;
}

void add_operand(ModelProto& model, const std::string& name, const Tensor& tensor) {
    auto& proto = *model.mutable_graph()->add_initializer();
    onnx::fill(proto, name, tensor);
    node_of(model).add_input(name);
}

Tensor counting(const Shape& shape) {
    Tensor tensor(DType::f32, shape);
    float next = 0;
    for (float& value : tensor.f32()) value = next++;
    return tensor;
}

/// The graph's output for this x, by the plain computation of its nodes.
std::vector<float> run(const Graph& graph, const Tensor& x) {
    std::map<std::string, Tensor> values{{"x", x}};
    for (const auto& [name, tensor] : graph.initializers) values.emplace(name, tensor);
    for (const Node& node : graph.nodes) {
        std::vector<const Tensor*> inputs;
        for (const std::string& name : node.inputs)
            inputs.push_back(name.empty() ? nullptr : &values.at(name));
        auto outputs = evaluate(node, inputs);
        for (std::size_t i = 0; i < node.outputs.size(); ++i)
            values.emplace(node.outputs[i], std::move(outputs[i]));
    }
    const auto y = values.at("y").f32();
    return {y.begin(), y.end()};
}

/// [1, 2, 2] plus [10, 20] along dimension 1: not along the last, as numpy would have it.
TEST(OldOpsets, ASecondOperandAlongAnAxis) {
    for (const int opset : {1, 6}) {
        ModelProto model = one_node("Add", {1, 2, 2}, opset);
        add_operand(model, "b", Tensor::of<float>({2}, std::vector<float>{10, 20}));
        set_int(node_of(model), "broadcast", 1);
        if (opset == 1) attribute(model, "consumed_inputs", AttributeProto::INTS).add_ints(0);
        EXPECT_EQ(run(parse(model), counting({1, 2, 2})), (std::vector<float>{10, 21, 12, 23}))
            << "the last ones";
        set_int(node_of(model), "axis", 1);
        EXPECT_EQ(run(parse(model), counting({1, 2, 2})), (std::vector<float>{10, 11, 22, 23}));
        node_of(model).mutable_attribute(node_of(model).attribute_size() - 1)->set_i(3);
        EXPECT_ERROR(InvalidModel, "node \"node\": axis=3", parse(model));
    }
}

TEST(OldOpsets, ShapesAndAmountsAreAttributes) {
    ModelProto reshape = one_node("Reshape", {2, 3}, 4);
    auto& shape = attribute(reshape, "shape", AttributeProto::INTS);
    shape.add_ints(3);
    shape.add_ints(-1);
    EXPECT_EQ(parse(reshape).outputs[0].type.dims, (Dims{3, 2}));

    ModelProto pad = one_node("Pad", {1, 2}, 1);
    auto& pads = attribute(pad, "paddings", AttributeProto::INTS);
    for (const int amount : {0, 1, 0, 0}) pads.add_ints(amount);
    EXPECT_EQ(run(parse(pad), counting({1, 2})), (std::vector<float>{0, 0, 1}));

    ModelProto cast = one_node("Cast", {2}, 1);
    attribute(cast, "to", AttributeProto::STRING).set_s("INT64");
    EXPECT_EQ(parse(cast).outputs[0].type.dtype, DType::i64);
    cast.mutable_graph()->mutable_node(0)->mutable_attribute(0)->set_s("LONG");
    EXPECT_ERROR(InvalidModel, "node \"node\": to=\"LONG\" is no type", parse(cast));

    ModelProto concat = one_node("Concat", {1, 2}, 1);
    node_of(concat).add_input("x");
    EXPECT_EQ(parse(concat).outputs[0].type.dims, (Dims{1, 4}));

    ModelProto tile = one_node("Tile", {1, 2}, 1);
    add_operand(tile, "tiles", Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{2}));
    add_operand(tile, "axis", Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{0}));
    EXPECT_EQ(run(parse(tile), counting({1, 2})), (std::vector<float>{0, 1, 0, 1}));

    ModelProto up = one_node("Upsample", {1, 1, 1, 2}, 1);
    attribute(up, "height_scale", AttributeProto::FLOAT).set_f(1);
    attribute(up, "width_scale", AttributeProto::FLOAT).set_f(2);
    EXPECT_EQ(run(parse(up), counting({1, 1, 1, 2})), (std::vector<float>{0, 0, 1, 1}));
}

TEST(OldOpsets, SlopesOfPReluAreOfChannels) {
    ModelProto model = one_node("PRelu", {1, 2, 2}, 6);
    add_operand(model, "slope", Tensor::of<float>({2}, std::vector<float>{0.5F, 0.25F}));
    const Tensor x = Tensor::of<float>({1, 2, 2}, std::vector<float>{-4, 1, -4, -8});
    EXPECT_EQ(run(parse(model), x), (std::vector<float>{-2, 1, -1, -2}));
}

TEST(OldOpsets, TrainingOfNormalisationsAndDropoutIsTold) {
    ModelProto norm = one_node("BatchNormalization", {1, 1, 2}, 6);
    for (const char* name : {"scale", "bias", "mean", "variance"})
        add_operand(norm, name,
                    Tensor::of<float>({1}, std::vector<float>{name == std::string("variance") ? 4.0F : 1}));
    attribute(norm, "epsilon", AttributeProto::FLOAT).set_f(0);
    set_int(node_of(norm), "is_test", 1);
    EXPECT_EQ(run(parse(norm), counting({1, 1, 2})), (std::vector<float>{0.5F, 1}));
    for (const char* name : {"m", "v", "sm", "sv"}) node_of(norm).add_output(name);
    EXPECT_ERROR(Unsupported, "node \"node\": BatchNormalization with output 3", parse(norm));

    ModelProto dropout = one_node("Dropout", {2}, 6);
    set_int(node_of(dropout), "is_test", 1);
    EXPECT_EQ(run(parse(dropout), counting({2})), (std::vector<float>{0, 1}));
}

/// y = x W + c with c repeated along rows, as Caffe2's exporter wrote every fully connected layer.
TEST(OldOpsets, GemmSaysThatItRepeats) {
    ModelProto model = one_node("Gemm", {1, 2}, 6);
    add_operand(model, "W", Tensor::of<float>({2, 2}, std::vector<float>{1, 2, 3, 5}));
    add_operand(model, "c", Tensor::of<float>({2}, std::vector<float>{10, 20}));
    set_int(node_of(model), "broadcast", 1);
    const Graph graph = parse(model);
    EXPECT_EQ(run(graph, counting({1, 2})), (std::vector<float>{13, 25}));
    EXPECT_EQ(prunable_weights(graph), std::vector<std::string>{"W"});
}

}  // namespace
}  // namespace espalier
