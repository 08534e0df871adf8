#include "onnx/proto/attribute_proto.h"
#include "onnx/proto/graph_proto.h"
#include "onnx/proto/tensor_proto.h"
#include "onnx/proto/value_proto.h"

namespace espalier::onnx {
namespace {

void fill(pb::NodeProto& proto, const Node& node) {
    for (const std::string& input : node.inputs) proto.add_input(input);
    for (const std::string& output : node.outputs) proto.add_output(output);
    if (!node.name.empty()) proto.set_name(node.name);
    proto.set_op_type(node.op);
    for (const auto& [name, attribute] : node.attributes) onnx::fill(*proto.add_attribute(), name, attribute);
}

}  // namespace

void fill(pb::GraphProto& proto, const Graph& graph) {
    proto.set_name(graph.name.empty() ? "graph" : graph.name);  // ONNX wants one
    if (!graph.doc.empty()) proto.set_doc_string(graph.doc);
    for (const Node& node : graph.nodes) fill(*proto.add_node(), node);
    for (const auto& [name, tensor] : graph.initializers) onnx::fill(*proto.add_initializer(), name, tensor);
    for (const Value& value : graph.inputs) onnx::fill(*proto.add_input(), value);
    for (const Value& value : graph.outputs) onnx::fill(*proto.add_output(), value);
}

}  // namespace espalier::onnx
