// If, Loop and Scan: their bodies are read, checked, upgraded and written back.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "graph/analysis/readers.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using onnx::pb::GraphProto;
using onnx::pb::ModelProto;
using onnx::pb::TensorProto;
using testing::add_body;
using testing::add_node;
using testing::add_value;

/// y = c ? relu(x) : x + w, the branches reading x from around them.
ModelProto if_model(int opset) {
    ModelProto model = testing::one_node("Relu", {2, 3}, opset);
    GraphProto& graph = *model.mutable_graph();
    add_value(*graph.add_input(), "c", TensorProto::BOOL, {});
    auto& node = *graph.mutable_node(0);
    node.set_op_type("If");
    node.set_input(0, "c");
    GraphProto& yes = add_body(node, "then_branch");
    add_node(yes, "Relu", {"x"}, "a");
    yes.add_output()->set_name("a");
    GraphProto& no = add_body(node, "else_branch");
    onnx::fill(*no.add_initializer(), "w", Tensor::of<float>({3}, std::vector{1.0F, 2.0F, 3.0F}));
    add_node(no, "Add", {"x", "w"}, "b");
    no.add_output()->set_name("b");
    return model;
}

GraphProto& branch(ModelProto& model, int index) {
    return *model.mutable_graph()->mutable_node(0)->mutable_attribute(index)->mutable_g();
}

void expect_round_trip(const Graph& graph) {
    const std::string written = onnx::to_bytes(graph);
    const Graph again = onnx::from_bytes(testing::as_bytes(written));
    EXPECT_TRUE(graph == again);
    EXPECT_EQ(onnx::to_bytes(again), written);
}

TEST(OnnxBodies, BranchesAreKept) {
    const Graph graph = testing::parse(if_model(13));
    ASSERT_EQ(graph.nodes.size(), 1U);
    EXPECT_EQ(graph.outputs[0].type, (ValueType{DType::f32, {Dim(2), Dim(3)}}));
    const Graph& no = std::get<Subgraph>(graph.nodes[0].attributes.at("else_branch")).graph();
    EXPECT_TRUE(no.initializers.empty());  // it is the graph's: it can be pruned as any other
    EXPECT_EQ(graph.initializers.at("w").count(), 3);
    EXPECT_EQ(values_read(graph.nodes[0]), (std::vector<std::string>{"c", "w", "x"}));
    EXPECT_EQ(Readers(graph).only("x"), &graph.nodes[0]);
    expect_round_trip(graph);
}

TEST(OnnxBodies, BranchesAreChecked) {
    ModelProto model = if_model(13);
    branch(model, 0).mutable_node(0)->set_op_type("Frobnicate");
    EXPECT_ERROR(Unsupported, "operator \"Frobnicate\" of opset 13", testing::parse(model));
    model = if_model(13);
    branch(model, 0).mutable_node(0)->set_input(0, "z");
    EXPECT_ERROR(InvalidModel, "input \"z\" is not defined before it", testing::parse(model));
    model = if_model(13);
    branch(model, 0).mutable_output(0)->set_name("z");
    EXPECT_ERROR(InvalidModel, "then_branch: output \"z\" is not defined by any node", testing::parse(model));
    model = if_model(13);
    add_node(branch(model, 0), "Relu", {"x"}, "a");
    EXPECT_ERROR(InvalidModel, "value \"a\" is defined twice", testing::parse(model));
    model = if_model(13);
    add_node(*model.mutable_graph(), "Relu", {"a"}, "z");  // a value of the branch does not leave it
    EXPECT_ERROR(InvalidModel, "input \"a\" is not defined before it", testing::parse(model));
    model = if_model(13);
    branch(model, 0).add_output()->set_name("a");
    EXPECT_ERROR(InvalidModel, "1 outputs, but the branches give 2 and 1", testing::parse(model));
    model = if_model(13);
    model.mutable_graph()->mutable_node(0)->set_input(0, "x");
    EXPECT_ERROR(InvalidModel, "the condition is f32, expected bool", testing::parse(model));
}

TEST(OnnxBodies, OldOperatorsInsideAreUpgraded) {
    ModelProto model = if_model(11);
    auto& relu = *branch(model, 0).mutable_node(0);
    relu.set_op_type("Softmax");
    testing::set_int(relu, "axis", 0);  // over 2 dimensions
    const Graph graph = testing::parse(model);
    const Graph& yes = std::get<Subgraph>(graph.nodes[0].attributes.at("then_branch")).graph();
    EXPECT_EQ(yes.nodes.size(), 3U);
    EXPECT_EQ(graph.initializers.size(), 3U);  // two shapes, and w of the other branch
    expect_round_trip(graph);
}

TEST(OnnxBodies, ANameOfABodyMayHideOneAroundIt) {
    ModelProto model = if_model(13);
    branch(model, 0).mutable_node(0)->set_output(0, "y");
    branch(model, 0).mutable_output(0)->set_name("y");
    expect_round_trip(testing::parse(model));
}

/// Each level is inferred once when it is read and once when its node is, not twice as often as the one below
/// it.
TEST(OnnxBodies, NestedDeeplyIsReadInTimeOrRefused) {
    ModelProto model = if_model(13);
    GraphProto* inner = &branch(model, 0);
    for (int depth = 0; depth < 25; ++depth) {
        inner->mutable_node()->Clear();
        auto& node = add_node(*inner, "If", {"c"}, "a");
        GraphProto& no = add_body(node, "else_branch");
        add_node(no, "Relu", {"x"}, "b");
        no.add_output()->set_name("b");
        inner = &add_body(node, "then_branch");
        add_node(*inner, "Relu", {"x"}, "a");
        inner->add_output()->set_name("a");
    }
    expect_round_trip(testing::parse(model));
}

/// s = x, then three times s = s + x, with each s stacked in t.
TEST(OnnxBodies, LoopsAreKept) {
    ModelProto model = testing::one_node("Relu", {2, 3}, 13);
    GraphProto& graph = *model.mutable_graph();
    onnx::fill(*graph.add_initializer(), "three", Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{3}));
    auto& node = *graph.mutable_node(0);
    node.set_op_type("Loop");
    node.clear_input();
    for (const char* input : {"three", "", "x"}) node.add_input(input);
    node.add_output("t");
    GraphProto& body = add_body(node, "body");
    add_value(*body.add_input(), "i", TensorProto::INT64, {});
    add_value(*body.add_input(), "go", TensorProto::BOOL, {});
    add_value(*body.add_input(), "s", TensorProto::FLOAT, {2, 3});
    add_node(body, "Identity", {"go"}, "on");
    add_node(body, "Add", {"s", "x"}, "next");
    add_node(body, "Identity", {"next"}, "copy");
    for (const char* output : {"on", "next", "copy"}) body.add_output()->set_name(output);
    graph.add_output()->set_name("t");
    const Graph read = testing::parse(model);
    EXPECT_EQ(read.outputs[0].type.dims, (Dims{Dim(2), Dim(3)}));
    EXPECT_EQ(read.outputs[1].type.dims, (Dims{Dim(), Dim(2), Dim(3)}));
    expect_round_trip(read);

    graph.mutable_node(0)->mutable_attribute(0)->mutable_g()->mutable_input()->RemoveLast();
    EXPECT_ERROR(InvalidModel, "input \"s\" is not defined before it", testing::parse(model));
}

/// Along dimension 1 of x: y = the last row, t = the rows stacked in dimension 1.
TEST(OnnxBodies, ScansAreKept) {
    ModelProto model = testing::one_node("Relu", {2, 3}, 13);
    GraphProto& graph = *model.mutable_graph();
    auto& node = *graph.mutable_node(0);
    node.set_op_type("Scan");
    node.clear_output();
    node.add_output("t");
    testing::set_int(node, "num_scan_inputs", 1);
    for (const char* key : {"scan_input_axes", "scan_output_axes"}) {
        auto& axes = *node.add_attribute();
        axes.set_name(key);
        axes.set_type(onnx::pb::AttributeProto::INTS);
        axes.add_ints(1);
    }
    GraphProto& body = add_body(node, "body");
    add_value(*body.add_input(), "row", TensorProto::FLOAT, {2});
    add_node(body, "Relu", {"row"}, "positive");
    body.add_output()->set_name("positive");
    graph.mutable_output(0)->set_name("t");
    const Graph read = testing::parse(model);
    EXPECT_EQ(read.outputs[0].type.dims, (Dims{Dim(2), Dim(3)}));
    expect_round_trip(read);
}

}  // namespace
}  // namespace espalier
