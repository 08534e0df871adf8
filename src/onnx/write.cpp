#include <fmt/format.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <limits>

#include "base/files.h"
#include "base/numbers.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "onnx/attribute_proto.h"
#include "onnx/proto.h"
#include "onnx/tensor_proto.h"
#include "onnx/value_proto.h"
#include "onnx/versions.h"

namespace espalier::onnx {
namespace {

void fill(pb::NodeProto& proto, const Node& node) {
    for (const std::string& input : node.inputs) proto.add_input(input);
    for (const std::string& output : node.outputs) proto.add_output(output);
    if (!node.name.empty()) proto.set_name(node.name);
    proto.set_op_type(node.op);
    for (const auto& [name, attribute] : node.attributes) onnx::fill(*proto.add_attribute(), name, attribute);
}

void fill(pb::GraphProto& proto, const Graph& graph) {
    proto.set_name(graph.name.empty() ? "graph" : graph.name);  // ONNX wants one
    for (const Node& node : graph.nodes) fill(*proto.add_node(), node);
    for (const auto& [name, tensor] : graph.initializers) onnx::fill(*proto.add_initializer(), name, tensor);
    for (const Value& value : graph.inputs) onnx::fill(*proto.add_input(), value);
    for (const Value& value : graph.outputs) onnx::fill(*proto.add_output(), value);
}

bool needs_newest_opset(const Graph& graph) {
    return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
        return pb::OpSchemaRegistry::Schema(node.op, kOpset, "") == nullptr;
    });
}

pb::ModelProto to_model(const Graph& graph) {
    pb::ModelProto model;
    const bool newest = needs_newest_opset(graph);
    model.set_ir_version(newest ? kNewestIrVersion : kIrVersion);
    model.set_producer_name("espalier");
    auto& opset = *model.add_opset_import();
    opset.set_domain("");
    opset.set_version(newest ? kNewestOpset : kOpset);
    fill(*model.mutable_graph(), graph);
    for (const auto& [key, value] : graph.metadata) {
        auto& entry = *model.add_metadata_props();
        entry.set_key(key);
        entry.set_value(value);
    }
    return model;
}

void check(const pb::ModelProto& model) {
    try {
        pb::checker::check_model(model);
    } catch (const pb::checker::ValidationError& error) {
        std::string text = error.what();
        std::replace(text.begin(), text.end(), '\n', ' ');
        throw InvalidModel(fmt::format("graph \"{}\" is not valid ONNX: {}", model.graph().name(), text));
    }
}

}  // namespace

std::string to_bytes(const Graph& graph) {
    verify(graph);
    const pb::ModelProto model = to_model(graph);
    constexpr std::size_t kMaxSize = std::numeric_limits<int>::max();  // protobuf's own limit
    if (const std::size_t size = model.ByteSizeLong(); size > kMaxSize) {
        throw Unsupported(fmt::format("graph \"{}\" needs {}, more than the 2 GB an ONNX file can hold",
                                      graph.name, format_bytes(size)));
    }
    check(model);
    return model.SerializeAsString();
}

void write(const std::filesystem::path& path, const Graph& graph) { write_text(path, to_bytes(graph)); }

}  // namespace espalier::onnx
