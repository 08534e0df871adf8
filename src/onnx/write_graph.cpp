#include "graph/op.h"
#include "graph/trees/labels.h"
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
    const Operator* op = ops().find(node.op);
    if (op != nullptr && !op->domain.empty()) proto.set_domain(std::string(op->domain));
    for (const auto& [name, attribute] : node.attributes) onnx::fill(*proto.add_attribute(), name, attribute);
}

/// An input or output that is a tensor of numbers in the graph, and strings or a sequence of maps in the
/// file.
void fill_as_declared(pb::ValueInfoProto& proto, const Value& value, bool named, const Node* zipped) {
    onnx::fill(proto, value);
    if (named) proto.mutable_type()->mutable_tensor_type()->set_elem_type(pb::TensorProto::STRING);
    if (zipped == nullptr) return;
    auto& map = *proto.mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_map_type();
    const bool by_name = zipped->attributes.contains("classlabels_strings");
    map.set_key_type(by_name ? pb::TensorProto::STRING : pb::TensorProto::INT64);
    map.mutable_value_type()->mutable_tensor_type()->set_elem_type(pb::TensorProto::FLOAT);
}

}  // namespace

void fill(pb::GraphProto& proto, const Graph& graph) {
    proto.set_name(graph.name.empty() ? "graph" : graph.name);  // ONNX wants one
    if (!graph.doc.empty()) proto.set_doc_string(graph.doc);
    for (const Node& node : graph.nodes) fill(*proto.add_node(), node);
    for (const auto& [name, tensor] : graph.initializers) onnx::fill(*proto.add_initializer(), name, tensor);
    const std::set<std::string> by_key = trees::inputs_by_key(graph);
    for (const Value& value : graph.inputs)
        fill_as_declared(*proto.add_input(), value, by_key.contains(value.name), nullptr);
    const std::set<std::string> named = trees::named_values(graph);
    std::map<std::string, const Node*> zipped;
    for (const Node& node : graph.nodes) {
        if (node.op == "ZipMap") zipped[node.outputs[0]] = &node;
    }
    for (const Value& value : graph.outputs) {
        const auto map = zipped.find(value.name);
        fill_as_declared(*proto.add_output(), value, named.contains(value.name),
                         map == zipped.end() ? nullptr : map->second);
    }
}

}  // namespace espalier::onnx
