// Models for tests: as a Graph, and as the messages an ONNX file consists of.
#pragma once

#include <onnx/onnx_pb.h>

#include <span>
#include <string>

#include "espalier/onnx.h"
#include "graph/builder.h"
#include "onnx/proto/tensor_proto.h"

namespace espalier::testing {

/// 2 layers with bias, a symbolic batch, metadata.
inline Graph small_graph() {
    GraphBuilder builder("small", 1);
    std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(2), Dim(3)});
    x = builder.flatten("flat", x);
    x = builder.relu("relu1", builder.linear("fc1", x, 6, 5));
    x = builder.softmax("probabilities", builder.linear("fc2", x, 5, 4));
    builder.output(x);
    Graph graph = std::move(builder).finish();
    graph.metadata = {{"recipe", "a = 1\nb = 2"}, {"empty", ""}};
    return graph;
}

inline std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

inline Graph parse(const onnx::pb::ModelProto& model) {
    const std::string text = model.SerializeAsString();
    return onnx::from_bytes(as_bytes(text));
}

/// A graph as a message, ready to be broken.
inline onnx::pb::ModelProto to_proto(const Graph& graph) {
    onnx::pb::ModelProto model;
    model.ParseFromString(onnx::to_bytes(graph));
    return model;
}

inline onnx::pb::ModelProto small_proto() { return to_proto(small_graph()); }

/// One node y = op(x) with x f32 of `dims`, in `opset`.
inline onnx::pb::ModelProto one_node(const std::string& op, const std::vector<std::int64_t>& dims,
                                     int opset) {
    onnx::pb::ModelProto model;
    model.set_ir_version(4);
    model.add_opset_import()->set_version(opset);
    auto& graph = *model.mutable_graph();
    graph.set_name("one");
    auto& x = *graph.add_input();
    x.set_name("x");
    auto& tensor = *x.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::pb::TensorProto::FLOAT);
    tensor.mutable_shape();
    for (const std::int64_t dim : dims) tensor.mutable_shape()->add_dim()->set_dim_value(dim);
    auto& node = *graph.add_node();
    node.set_name("node");
    node.set_op_type(op);
    node.add_input("x");
    node.add_output("y");
    graph.add_output()->set_name("y");
    return model;
}

inline void add_value(onnx::pb::ValueInfoProto& value, const std::string& name, int type,
                      const std::vector<std::int64_t>& dims) {
    value.set_name(name);
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape();
    for (const std::int64_t dim : dims) tensor.mutable_shape()->add_dim()->set_dim_value(dim);
}

inline onnx::pb::NodeProto& add_node(onnx::pb::GraphProto& graph, const std::string& op,
                                     const std::vector<std::string>& inputs, const std::string& output) {
    auto& node = *graph.add_node();
    node.set_op_type(op);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
}

inline onnx::pb::GraphProto& add_body(onnx::pb::NodeProto& node, const std::string& key) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(key);
    attribute.set_type(onnx::pb::AttributeProto::GRAPH);
    attribute.mutable_g()->set_name(key);
    return *attribute.mutable_g();
}

inline void set_int(onnx::pb::NodeProto& node, const std::string& name, std::int64_t value) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::pb::AttributeProto::INT);
    attribute.set_i(value);
}

}  // namespace espalier::testing
