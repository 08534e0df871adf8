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
