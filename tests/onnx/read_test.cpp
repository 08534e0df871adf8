// Files as other programs write them.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using onnx::pb::ModelProto;
using onnx::pb::TensorProto;
using testing::one_node;
using testing::parse;
using testing::small_graph;
using testing::small_proto;

/// The proto's initialiser `name`.
TensorProto& initializer(ModelProto& model, const std::string& name) {
    for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
        if (tensor.name() == name) return tensor;
    }
    throw std::runtime_error("no initialiser " + name);
}

TEST(OnnxRead, InitialisersThatAreInputsToo) {
    ModelProto model = small_proto();
    model.set_ir_version(3);
    for (const auto& tensor : model.graph().initializer()) {
        auto& input = *model.mutable_graph()->add_input();
        input.set_name(tensor.name());
        auto& type = *input.mutable_type()->mutable_tensor_type();
        type.set_elem_type(tensor.data_type());
        for (const std::int64_t dim : tensor.dims()) type.mutable_shape()->add_dim()->set_dim_value(dim);
    }
    const Graph graph = parse(model);
    ASSERT_EQ(graph.inputs.size(), 1U);
    EXPECT_EQ(graph.inputs[0].name, "input");
    EXPECT_TRUE(graph.initializers == small_graph().initializers);

    auto& last = *model.mutable_graph()->mutable_input()->rbegin();
    last.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_value(77);
    EXPECT_ERROR(InvalidModel, "is declared as f32 77", parse(model));
}

TEST(OnnxRead, NodesInAnyOrder) {
    const ModelProto model = small_proto();
    ModelProto turned = model;
    auto& nodes = *turned.mutable_graph()->mutable_node();
    std::reverse(nodes.begin(), nodes.end());
    EXPECT_TRUE(parse(turned) == parse(model));
}

TEST(OnnxRead, WhatNodesGiveCountsForOutputs) {
    ModelProto model = small_proto();
    auto& shape =
        *model.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.add_dim()->set_dim_value(3);
    std::vector<std::string> notes;
    const std::string bytes = model.SerializeAsString();
    const Graph graph = onnx::from_bytes(std::as_bytes(std::span(bytes)), &notes);
    EXPECT_EQ(graph.outputs[0].type, infer_types(graph).at(graph.outputs[0].name));
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_NE(notes[0].find("is declared as"), std::string::npos) << notes[0];
}

TEST(OnnxRead, TypedData) {
    ModelProto model = small_proto();
    auto& bias = initializer(model, "fc2.bias");
    bias.clear_raw_data();
    for (const float value : {1.0F, -2.5F, 3.0F, 0.0F}) bias.add_float_data(value);
    EXPECT_EQ(parse(model).initializers.at("fc2.bias"),
              Tensor::of<float>({4}, std::vector{1.0F, -2.5F, 3.0F, 0.0F}));
    bias.add_float_data(5);
    EXPECT_ERROR(InvalidModel, "initialiser \"fc2.bias\": f32 4 needs 4 of float_data, got 5", parse(model));
    bias.mutable_float_data()->RemoveLast();
    bias.set_raw_data(std::string(16, '\0'));
    EXPECT_ERROR(InvalidModel, "holds its data twice", parse(model));
    bias.clear_raw_data();
    bias.clear_float_data();
    bias.add_int32_data(1);
    EXPECT_ERROR(InvalidModel, "needs 4 of float_data, got 0", parse(model));
}

template <class T>
Tensor read_int32_data(int data_type, const std::vector<std::int32_t>& values) {
    TensorProto proto;
    proto.set_data_type(data_type);
    proto.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int32_t value : values) proto.add_int32_data(value);
    return onnx::to_tensor(proto);
}

TEST(OnnxRead, TypedDataOfEveryDType) {
    EXPECT_EQ(read_int32_data<std::int8_t>(TensorProto::INT8, {-128, 127}),
              Tensor::of<std::int8_t>({2}, std::vector<std::int8_t>{-128, 127}));
    EXPECT_EQ(read_int32_data<std::uint8_t>(TensorProto::UINT8, {0, 255}),
              Tensor::of<std::uint8_t>({2}, std::vector<std::uint8_t>{0, 255}));
    EXPECT_EQ(read_int32_data<std::int16_t>(TensorProto::INT16, {-32768, 5}),
              Tensor::of<std::int16_t>({2}, std::vector<std::int16_t>{-32768, 5}));
    EXPECT_EQ(read_int32_data<std::uint16_t>(TensorProto::UINT16, {0, 65535}),
              Tensor::of<std::uint16_t>({2}, std::vector<std::uint16_t>{0, 65535}));
    EXPECT_EQ(read_int32_data<std::int32_t>(TensorProto::INT32, {-7, 7}),
              Tensor::of<std::int32_t>({2}, std::vector<std::int32_t>{-7, 7}));
    const Tensor booleans = read_int32_data<bool>(TensorProto::BOOL, {0, 1});
    EXPECT_EQ(booleans.dtype(), DType::boolean);
    EXPECT_EQ(booleans.bytes()[1], std::byte{1});
    const Tensor half = read_int32_data<std::uint16_t>(TensorProto::FLOAT16, {0x3c00});
    EXPECT_EQ(half.dtype(), DType::f16);
    EXPECT_EQ(half.bytes()[1], std::byte{0x3c});
    EXPECT_EQ(read_int32_data<std::uint16_t>(TensorProto::BFLOAT16, {0x3f80}).dtype(), DType::bf16);

    EXPECT_ERROR(InvalidModel, "128 does not fit i8", read_int32_data<std::int8_t>(TensorProto::INT8, {128}));
    EXPECT_ERROR(InvalidModel, "-1 does not fit u8", read_int32_data<std::uint8_t>(TensorProto::UINT8, {-1}));
    EXPECT_ERROR(InvalidModel, "2 does not fit bool", read_int32_data<bool>(TensorProto::BOOL, {2}));

    TensorProto wide;
    wide.add_dims(1);
    wide.set_data_type(TensorProto::UINT32);
    wide.add_uint64_data(0xffffffff);
    EXPECT_EQ(onnx::to_tensor(wide), Tensor::of<std::uint32_t>({1}, std::vector{0xffffffffU}));
    wide.set_uint64_data(0, 0x100000000);
    EXPECT_ERROR(InvalidModel, "4294967296 does not fit u32", onnx::to_tensor(wide));
    wide.set_data_type(TensorProto::UINT64);
    EXPECT_EQ(onnx::to_tensor(wide), Tensor::of<std::uint64_t>({1}, std::vector<std::uint64_t>{0x100000000}));

    TensorProto real;
    real.add_dims(1);
    real.set_data_type(TensorProto::DOUBLE);
    real.add_double_data(0.1);
    EXPECT_EQ(onnx::to_tensor(real), Tensor::of<double>({1}, std::vector{0.1}));

    TensorProto integer;
    integer.set_data_type(TensorProto::INT64);
    integer.add_int64_data(-5);
    EXPECT_EQ(onnx::to_tensor(integer), Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{-5}));
}

TEST(OnnxRead, RawBooleansAreZeroOrOne) {
    TensorProto proto;
    proto.set_data_type(TensorProto::BOOL);
    proto.add_dims(2);
    proto.set_raw_data(std::string("\1\0", 2));
    EXPECT_EQ(onnx::to_tensor(proto).bytes()[0], std::byte{1});
    proto.set_raw_data("\1\2");
    EXPECT_ERROR(InvalidModel, "element 1 of a bool tensor is byte 2", onnx::to_tensor(proto));
}

TEST(OnnxRead, TypesThatAreNotRead) {
    ModelProto model = small_proto();
    initializer(model, "fc1.bias").set_data_type(TensorProto::COMPLEX64);
    EXPECT_ERROR(Unsupported, "initialiser \"fc1.bias\": elements of type COMPLEX64", parse(model));
    initializer(model, "fc1.bias").set_data_type(99);
    EXPECT_ERROR(Unsupported, "elements of type 99", parse(model));
    initializer(model, "fc1.bias").set_data_type(0);
    EXPECT_ERROR(InvalidModel, "it has no element type", parse(model));
}

TEST(OnnxRead, DataInAnotherFile) {
    ModelProto model = small_proto();
    auto& weight = initializer(model, "fc1.weight");
    weight.clear_raw_data();
    weight.set_data_location(TensorProto::EXTERNAL);
    auto& location = *weight.add_external_data();
    location.set_key("location");
    location.set_value("../../etc/passwd");
    EXPECT_ERROR(Unsupported, "initialiser \"fc1.weight\": its data is in another file", parse(model));
}

TEST(OnnxRead, SizesAreCheckedBeforeMemoryIsTaken) {
    for (const std::int64_t dim :
         {std::int64_t{-1}, std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::max()}) {
        SCOPED_TRACE(dim);
        ModelProto model = small_proto();
        initializer(model, "fc1.weight").set_dims(0, dim);
        EXPECT_ERROR(InvalidModel, "initialiser \"fc1.weight\"", parse(model));
        ModelProto typed = small_proto();
        initializer(typed, "fc1.weight").clear_raw_data();
        initializer(typed, "fc1.weight").add_float_data(1);
        initializer(typed, "fc1.weight").set_dims(0, dim);
        EXPECT_ERROR(InvalidModel, "initialiser \"fc1.weight\"", parse(typed));
    }
    ModelProto model = one_node("Flatten", {2, std::int64_t{1} << 40, std::int64_t{1} << 40}, 13);
    EXPECT_THROW(parse(model), InvalidModel);
    EXPECT_ERROR(InvalidModel, "input \"x\": a dimension is -3", parse(one_node("Relu", {-3}, 13)));
}

TEST(OnnxRead, ConstantsBecomeInitialisers) {
    ModelProto model = one_node("Add", {2}, 13);
    auto& nodes = *model.mutable_graph()->mutable_node();
    nodes.Mutable(0)->add_input("c");
    auto& constant = *nodes.Add();
    constant.set_op_type("Constant");
    constant.add_output("c");
    nodes.SwapElements(0, 1);
    auto& attribute = *constant.add_attribute();
    attribute.set_name("value_floats");
    attribute.set_type(onnx::pb::AttributeProto::FLOATS);
    attribute.add_floats(1);
    attribute.add_floats(2);
    auto& first = *nodes.Mutable(0);
    Graph graph = parse(model);
    ASSERT_EQ(graph.nodes.size(), 1U);
    EXPECT_EQ(graph.initializers.at("c"), Tensor::of<float>({2}, std::vector{1.0F, 2.0F}));

    first.mutable_attribute(0)->set_name("value_float");
    EXPECT_ERROR(Unsupported, "attribute \"value_float\" of this type", parse(model));
    first.mutable_attribute(0)->set_type(onnx::pb::AttributeProto::FLOAT);
    first.mutable_attribute(0)->set_f(3);
    EXPECT_EQ(parse(model).initializers.at("c"), Tensor::of<float>({}, std::vector{3.0F}));

    first.mutable_attribute(0)->set_name("value");
    first.mutable_attribute(0)->set_type(onnx::pb::AttributeProto::TENSOR);
    onnx::fill(*first.mutable_attribute(0)->mutable_t(), "", Tensor::of<float>({1}, std::vector{4.0F}));
    EXPECT_EQ(parse(model).initializers.at("c"), Tensor::of<float>({1}, std::vector{4.0F}));

    first.clear_attribute();
    EXPECT_ERROR(InvalidModel, "Constant has 0 inputs, 1 outputs and 0 attributes", parse(model));
}

TEST(OnnxRead, OutputsWithoutATypeGetTheInferredOne) {
    const Graph graph = parse(one_node("Flatten", {2, 3, 4}, 13));
    ASSERT_EQ(graph.outputs.size(), 1U);
    EXPECT_EQ(graph.outputs[0].type, (ValueType{DType::f32, {Dim(2), Dim(12)}}));

    ModelProto model = one_node("Relu", {2}, 13);
    model.mutable_graph()->mutable_output(0)->set_name("z");
    EXPECT_ERROR(InvalidModel, "output \"z\" is not defined by any node", parse(model));
}

TEST(OnnxRead, InputsNeedATensorType) {
    ModelProto model = one_node("Relu", {2}, 13);
    auto& type = *model.mutable_graph()->mutable_input(0)->mutable_type();
    type.mutable_tensor_type()->clear_shape();
    EXPECT_ERROR(Unsupported, "input \"x\": its type or number of dimensions is not given", parse(model));
    type.mutable_sequence_type();
    EXPECT_ERROR(Unsupported, "input \"x\": it is not a tensor", parse(model));
}

TEST(OnnxRead, UnknownOperatorAndDomainNameTheNode) {
    EXPECT_ERROR(Unsupported, "node \"node\": operator \"Frobnicate\" of opset 13 is not supported",
                 parse(one_node("Frobnicate", {2}, 13)));
    EXPECT_ERROR(Unsupported, "node \"node\": operator \"Det\" of opset 13 is not supported",
                 parse(one_node("Det", {2}, 13)));
    ModelProto model = one_node("Relu", {2}, 13);
    model.mutable_graph()->mutable_node(0)->set_domain("com.microsoft");
    EXPECT_ERROR(Unsupported, "node \"node\": operator \"Relu\" of domain \"com.microsoft\"", parse(model));
    model.mutable_graph()->mutable_node(0)->set_domain("ai.onnx");
    EXPECT_EQ(parse(model).nodes.size(), 1U);
}

TEST(OnnxRead, AttributesAreChecked) {
    ModelProto model = one_node("Flatten", {2, 3}, 13);
    auto& node = *model.mutable_graph()->mutable_node(0);
    testing::set_int(node, "axes", 1);
    EXPECT_ERROR(InvalidModel, "node \"node\": Flatten has no attribute \"axes\" in opset 13", parse(model));
    node.mutable_attribute(0)->set_name("axis");
    EXPECT_EQ(parse(model).nodes[0].attribute_int("axis", 0), 1);
    testing::set_int(node, "axis", 0);
    EXPECT_ERROR(InvalidModel, "node \"node\": attribute \"axis\": it is given twice", parse(model));
    node.mutable_attribute()->RemoveLast();
    node.mutable_attribute(0)->set_type(onnx::pb::AttributeProto::FLOAT);
    EXPECT_ERROR(InvalidModel, "node \"node\": attribute \"axis\" is FLOAT, expected INT", parse(model));
    node.mutable_attribute(0)->set_type(onnx::pb::AttributeProto::GRAPH);
    EXPECT_ERROR(InvalidModel, "attribute \"axis\" is GRAPH, expected INT", parse(model));
    node.mutable_attribute(0)->set_ref_attr_name("other");
    EXPECT_ERROR(InvalidModel, "outside a function", parse(model));
    node.mutable_attribute(0)->clear_ref_attr_name();
    node.mutable_attribute(0)->clear_type();
    EXPECT_ERROR(InvalidModel, "it has no type", parse(model));
}

TEST(OnnxRead, GraphRules) {
    ModelProto model = small_proto();
    *model.mutable_graph()->add_initializer() = model.graph().initializer(0);
    EXPECT_ERROR(InvalidModel, "the name is used twice", parse(model));
    model = small_proto();
    *model.mutable_graph()->add_input() = model.graph().input(0);
    EXPECT_ERROR(InvalidModel, "input \"input\": the name is used twice", parse(model));
    model = small_proto();
    model.mutable_graph()->clear_output();
    EXPECT_ERROR(InvalidModel, "has no outputs", parse(model));
    model = small_proto();
    *model.add_metadata_props() = model.metadata_props(0);
    EXPECT_ERROR(InvalidModel, "is given twice", parse(model));
}

TEST(OnnxRead, PartsOfTheFormatThatAreNotRead) {
    ModelProto model = small_proto();
    model.add_functions()->set_name("f");
    EXPECT_ERROR(Unsupported, "functions of its own", parse(model));
    model = small_proto();
    model.add_training_info();
    EXPECT_ERROR(Unsupported, "training information", parse(model));
}

}  // namespace
}  // namespace espalier
