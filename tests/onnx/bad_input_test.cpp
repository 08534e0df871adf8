// Files that break a rule: one clear line each. Cut-off files are in damaged_test, data elsewhere in
// external_data_test.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using onnx::pb::ModelProto;
using onnx::pb::TensorProto;
using testing::one_node;
using testing::parse;
using testing::small_proto;

void add_relu(ModelProto& model, const std::string& from, const std::string& to) {
    auto& node = *model.mutable_graph()->add_node();
    node.set_name(from + " to " + to);
    node.set_op_type("Relu");
    node.add_input(from);
    node.add_output(to);
}

TEST(OnnxBadInput, Cycles) {
    ModelProto model = one_node("Relu", {2}, 13);
    add_relu(model, "b", "a");
    add_relu(model, "a", "b");
    EXPECT_ERROR(
        InvalidModel,
        "model: node \"a to b\": input \"a\" is not defined before it, only after it: the nodes form a cycle",
        parse(model));
    model = one_node("Relu", {2}, 13);
    model.mutable_graph()->mutable_node(0)->set_input(0, "y");  // its own output
    EXPECT_ERROR(InvalidModel, "input \"y\" is not defined before it", parse(model));
}

TEST(OnnxBadInput, MissingInitialisers) {
    ModelProto model = small_proto();
    auto& initializers = *model.mutable_graph()->mutable_initializer();
    initializers.erase(std::find_if(initializers.begin(), initializers.end(),
                                    [](const auto& tensor) { return tensor.name() == "fc1.weight"; }));
    EXPECT_ERROR(InvalidModel,
                 "node \"fc1\": input \"fc1.weight\" is not defined before it, nor anywhere else in the file",
                 parse(model));
}

TEST(OnnxBadInput, WrongTypes) {
    ModelProto model = small_proto();
    model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
        TensorProto::INT32);
    EXPECT_ERROR(InvalidModel, "node \"fc1\": input 1 holds f32, but input 0 holds i32", parse(model));
    model = small_proto();
    model.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
        TensorProto::INT32);
    EXPECT_ERROR(InvalidModel, "output \"probabilities\" is declared as i32", parse(model));
    model = small_proto();
    model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
        TensorProto::STRING);
    EXPECT_ERROR(Unsupported, "input \"input\": elements of type STRING are not supported", parse(model));
}

TEST(OnnxBadInput, NegativeAndHugeDimensions) {
    EXPECT_ERROR(InvalidModel, "input \"x\": a dimension is -3", parse(one_node("Relu", {-3}, 13)));
    EXPECT_ERROR(Unsupported, "input \"x\": it has 65 dimensions, at most 64 are supported",
                 parse(one_node("Relu", std::vector<std::int64_t>(65, 1), 13)));
    ModelProto model = small_proto();
    for (int i = 0; i < 64; ++i) model.mutable_graph()->mutable_initializer(0)->add_dims(1);
    EXPECT_ERROR(Unsupported, "dimensions, at most 64 are supported", parse(model));
}

TEST(OnnxBadInput, DuplicateNames) {
    ModelProto model = one_node("Relu", {2}, 13);
    add_relu(model, "x", "y");
    EXPECT_ERROR(InvalidModel, "node \"x to y\": value \"y\" is defined twice", parse(model));
    model = one_node("Relu", {2}, 13);
    add_relu(model, "x", "x");
    EXPECT_ERROR(InvalidModel, "value \"x\" is defined twice", parse(model));
    model = one_node("Relu", {2}, 13);
    add_relu(model, "x", "z");
    model.mutable_graph()->mutable_node(1)->add_output("z");
    EXPECT_ERROR(InvalidModel, "node \"x to z\": ", parse(model));
    model = one_node("Relu", {2}, 13);
    onnx::fill(*model.mutable_graph()->add_initializer(), "y", Tensor::of<float>({1}, std::vector{1.0F}));
    EXPECT_ERROR(InvalidModel, "value \"y\" is defined twice", parse(model));
    onnx::fill(*model.mutable_graph()->mutable_initializer(0), "", Tensor::of<float>({1}, std::vector{1.0F}));
    model.mutable_graph()->mutable_initializer(0)->clear_name();
    EXPECT_ERROR(InvalidModel, "initialiser", parse(model));
}

TEST(OnnxBadInput, UnknownDomains) {
    ModelProto model = one_node("Relu", {2}, 13);
    model.mutable_graph()->mutable_node(0)->set_domain("com.microsoft");
    EXPECT_ERROR(Unsupported, "node \"node\": operator \"Relu\" of domain \"com.microsoft\" is not supported",
                 parse(model));
}

/// Names may hold anything; a message is one line all the same.
TEST(OnnxBadInput, ControlCharactersInNames) {
    ModelProto model = one_node("Frobnicate", {2}, 13);
    model.mutable_graph()->mutable_node(0)->set_name("a\nb\x1b[31m");
    EXPECT_ERROR(Unsupported, "node \"a\\x0ab\\x1b[31m\"", parse(model));
}

}  // namespace
}  // namespace espalier
