// Files with operators of ai.onnx.ml: read, written, and what a graph cannot hold comes back as it was.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "espalier/error.h"
#include "graph/tree_nodes.h"
#include "onnx/models.h"

namespace espalier {
namespace {

/// A classifier with string labels and ZipMap, as skl2onnx writes it.
onnx::pb::ModelProto classifier_file() {
    Graph graph = testing::graph_of(testing::small_classifier(-1, 2, true), 1);
    graph.nodes.push_back({.name = "zip",
                           .op = "ZipMap",
                           .inputs = {"scores"},
                           .outputs = {"maps"},
                           .attributes = {{"classlabels_strings", testing::Strings{"no", "yes"}}}});
    graph.outputs = {graph.outputs[0], {"maps", {DType::f32, {Dim("N"), Dim(2)}}}};
    return testing::to_proto(graph);
}

TEST(TreeFiles, AreWrittenInTheirDomain) {
    const auto proto = testing::to_proto(testing::graph_of(testing::small_regressor(), 2));
    ASSERT_EQ(proto.opset_import_size(), 2);
    EXPECT_EQ(proto.opset_import(1).domain(), "ai.onnx.ml");
    EXPECT_EQ(proto.opset_import(1).version(), 1);
    EXPECT_EQ(proto.graph().node(0).domain(), "ai.onnx.ml");
    EXPECT_EQ(testing::parse(proto).nodes[0].attributes, testing::small_regressor().attributes);
    const auto flat = testing::to_proto(testing::graph_of(testing::one_test(6, 0, false), 1));
    EXPECT_EQ(flat.opset_import(1).version(), 5);
    EXPECT_EQ(flat.graph().node(0).domain(), "ai.onnx.ml");
    EXPECT_EQ(testing::parse(flat).nodes[0].attributes, testing::one_test(6, 0, false).attributes);
}

TEST(TreeFiles, StringsAndMapsKeepTheirTypes) {
    const auto proto = classifier_file();
    EXPECT_EQ(proto.graph().output(0).type().tensor_type().elem_type(), onnx::pb::TensorProto::STRING);
    EXPECT_EQ(proto.graph().output(1).type().sequence_type().elem_type().map_type().key_type(),
              onnx::pb::TensorProto::STRING);
    std::vector<std::string> notes;
    const std::string bytes = proto.SerializeAsString();
    const Graph graph = onnx::from_bytes(testing::as_bytes(bytes), &notes);
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_NE(notes[0].find("positions among the class names"), std::string::npos);
    EXPECT_EQ(graph.outputs[0].type.dtype, DType::i64);
    EXPECT_EQ(onnx::to_bytes(graph), bytes);
}

TEST(TreeFiles, WhatReadsStringsAsNumbersIsRefused) {
    auto proto = classifier_file();
    auto& node = *proto.mutable_graph()->add_node();
    node.set_op_type("Cast");
    node.set_name("cast");
    node.add_input("label");
    node.add_output("number");
    testing::set_int(node, "to", onnx::pb::TensorProto::FLOAT);
    EXPECT_THROW(testing::parse(proto), Unsupported);
}

/// Behind the labels "no" and "yes", whose positions are 0 and 1.
Node encoder_of(const std::string& input, const std::string& output) {
    return {.name = "encode_" + output,
            .op = "LabelEncoder",
            .inputs = {input},
            .outputs = {output},
            .attributes = {{"keys_strings", testing::Strings{"yes", "never"}},
                           {"values_int64s", std::vector<std::int64_t>{7, 9}},
                           {"default_int64", std::int64_t{-2}}}};
}

onnx::pb::ModelProto encoded_file() {
    Graph graph = testing::graph_of(testing::small_classifier(-1, 2, true), 1);
    const std::string label = graph.outputs[0].name;
    graph.nodes.push_back(encoder_of(label, "code"));
    graph.outputs = {{"code", graph.outputs[0].type}};
    return testing::to_proto(graph);
}

TEST(TreeFiles, KeysThatAreStringsFollowTheClassNames) {
    const Graph graph = testing::parse(encoded_file());
    const Node& encoder = graph.nodes.back();
    EXPECT_EQ(std::get<testing::Strings>(encoder.attributes.at("keys_strings")),
              (testing::Strings{"no", "yes"}));
    EXPECT_EQ(std::get<std::vector<std::int64_t>>(encoder.attributes.at("values_int64s")),
              (std::vector<std::int64_t>{-2, 7}));
    // Written and read again it is the same.
    EXPECT_EQ(testing::parse(testing::to_proto(graph)).nodes.back().attributes, encoder.attributes);
}

TEST(TreeFiles, TheDefaultOfOneEncoderIsAKeyOfTheNext) {
    Graph graph;
    graph.inputs = {{"number", {DType::i64, {Dim("N")}}}};
    graph.nodes = {{.name = "names",
                    .op = "LabelEncoder",
                    .inputs = {"number"},
                    .outputs = {"word"},
                    .attributes = {{"keys_int64s", std::vector<std::int64_t>{4}},
                                   {"values_strings", testing::Strings{"yes"}},
                                   {"default_string", std::string("never")}}},
                   encoder_of("word", "code")};
    graph.outputs = {{"code", {DType::i64, {Dim("N")}}}};
    const Node encoder = testing::parse(testing::to_proto(graph)).nodes.back();
    EXPECT_EQ(std::get<testing::Strings>(encoder.attributes.at("keys_strings")), testing::Strings{"yes"});
    EXPECT_EQ(encoder.attribute_int("default_int64", 0), 9);
}

TEST(TreeFiles, InputsThatAreStringsArePositionsOfKeys) {
    Graph graph;
    graph.inputs = {{"word", {DType::i64, {Dim("N")}}}};
    graph.nodes = {encoder_of("word", "code")};
    graph.outputs = {{"code", {DType::i64, {Dim("N")}}}};
    auto proto = testing::to_proto(graph);
    EXPECT_EQ(proto.graph().input(0).type().tensor_type().elem_type(), onnx::pb::TensorProto::STRING);
    std::vector<std::string> notes;
    const std::string bytes = proto.SerializeAsString();
    const Graph read = onnx::from_bytes(testing::as_bytes(bytes), &notes);
    EXPECT_EQ(read.inputs[0].type.dtype, DType::i64);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_NE(notes[0].find("positions among the keys"), std::string::npos);
    EXPECT_EQ(onnx::to_bytes(read), bytes);
    // Another reader would take positions for strings, or has keys that the first one does not know.
    auto other = proto;
    auto& encoder = *other.mutable_graph()->add_node();
    encoder = proto.graph().node(0);
    encoder.set_output(0, "more");
    for (auto& attribute : *encoder.mutable_attribute()) {
        if (attribute.name() == "keys_strings") attribute.set_strings(1, "always");
    }
    EXPECT_THROW(testing::parse(other), Unsupported);
    encoder.set_op_type("Identity");
    encoder.clear_attribute();
    encoder.clear_domain();
    EXPECT_THROW(testing::parse(other), Unsupported);
}

TEST(TreeFiles, OtherOperatorsOfTheDomainAreRefusedByName) {
    auto proto = testing::to_proto(testing::graph_of(testing::small_regressor(), 2));
    proto.mutable_graph()->mutable_node(0)->set_op_type("SVMRegressor");
    try {
        testing::parse(proto);
        FAIL() << "read";
    } catch (const Unsupported& error) {
        EXPECT_NE(std::string(error.what()).find("\"SVMRegressor\""), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace espalier
