#include "onnx/convert_to_opset.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/op.h"
#include "onnx/proto/attribute_proto.h"
#include "onnx/proto/tensor_proto.h"
#include "onnx/schema.h"

namespace espalier::onnx {
namespace {

constexpr std::string_view kReductions[] = {"ReduceL1",        "ReduceL2",   "ReduceLogSum",
                                            "ReduceLogSumExp", "ReduceMax",  "ReduceMean",
                                            "ReduceMin",       "ReduceProd", "ReduceSumSquare"};
constexpr int kAxesAreInputs = 18;  // the opset

bool holds(const Schema& schema, std::size_t inputs, const std::set<std::string>& keys) {
    return inputs <= static_cast<std::size_t>(schema.max_inputs) &&
           std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
               return key.starts_with("__") || schema.attributes.contains(key);
           });
}

int opset_of(const std::string& op, std::size_t inputs, const std::set<std::string>& keys) {
    const int first = op == "GroupNormalization" ? 21 : kOpset;  // that of opset 18 has another meaning
    for (int opset = first; opset <= kNewestOpset; ++opset) {
        const auto schema = find_schema(op, opset);
        if (schema && holds(*schema, inputs, keys)) return opset;
    }
    return kOpset;
}

/// QuantizeLinear and DequantizeLinear took halves from opset 19 and integers of 16 bits from 21 on.
int opset_for_types(const Node& node, const Graph& graph) {
    if (node.op != "QuantizeLinear" && node.op != "DequantizeLinear") return kOpset;
    int opset = kOpset;
    for (const std::string& input : node.inputs) {
        const auto tensor = graph.initializers.find(input);
        if (tensor == graph.initializers.end()) continue;
        const DType dtype = tensor->second.dtype();
        if (dtype == DType::i16 || dtype == DType::u16) return 21;
        if (dtype == DType::f16 || dtype == DType::bf16) opset = 19;
    }
    return opset;
}

std::string fresh(std::set<std::string>& taken, std::string name) {
    while (!taken.insert(name).second) name += '_';
    return name;
}

void add_written_names(const pb::GraphProto& graph, std::set<std::string>& names) {
    for (const auto& tensor : graph.initializer()) names.insert(tensor.name());
    for (const auto& input : graph.input()) names.insert(input.name());
    for (const auto& node : graph.node()) {
        names.insert(node.output().begin(), node.output().end());
        for (const auto& attribute : node.attribute()) {
            if (attribute.has_g()) add_written_names(attribute.g(), names);
        }
    }
}

/// A reduction's axes are an input from opset 18 on.
void dress_reduction(pb::GraphProto& graph, pb::NodeProto& node, std::set<std::string>& names) {
    auto& attributes = *node.mutable_attribute();
    const auto axes =
        std::find_if(attributes.begin(), attributes.end(), [](const auto& a) { return a.name() == "axes"; });
    if (axes == attributes.end()) return;
    const std::vector<std::int64_t> values(axes->ints().begin(), axes->ints().end());
    attributes.erase(axes);
    const std::string name = fresh(names, node.output(0) + ".axes");
    fill(*graph.add_initializer(), name,
         Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values));
    node.add_input(name);
}

/// A Split into equal parts names their number from opset 18 on.
void dress_split(pb::NodeProto& node) {
    if (node.input_size() > 1 && !node.input(1).empty()) return;
    fill(*node.add_attribute(), "num_outputs", static_cast<std::int64_t>(node.output_size()));
}

void convert_to_opset(pb::GraphProto& graph, std::set<std::string>& names) {
    for (auto& node : *graph.mutable_node()) {
        if (std::ranges::count(kReductions, node.op_type()) > 0) dress_reduction(graph, node, names);
        if (node.op_type() == "Split") dress_split(node);
        for (auto& attribute : *node.mutable_attribute()) {
            if (attribute.has_g()) convert_to_opset(*attribute.mutable_g(), names);
        }
    }
}

}  // namespace

int opset_of(const Node& node) {
    const Operator* op = ops().find(node.op);
    if (op != nullptr && op->domain == kMlDomain) return kOpset;
    std::set<std::string> keys;
    for (const auto& [key, attribute] : node.attributes) keys.insert(key);
    int opset = opset_of(node.op, node.inputs.size(), keys);
    for (const auto& [key, attribute] : node.attributes) {
        if (const auto* body = std::get_if<Subgraph>(&attribute))
            opset = std::max(opset, opset_of(body->graph()));
    }
    return opset;
}

int opset_of(const Graph& graph) {
    int opset = kOpset;
    for (const Node& node : graph.nodes)
        opset = std::max({opset, opset_of(node), opset_for_types(node, graph)});
    return opset;
}

void convert_to_opset(pb::GraphProto& graph, int opset) {
    if (opset < kAxesAreInputs) return;
    std::set<std::string> names;
    add_written_names(graph, names);
    convert_to_opset(graph, names);
}

void hide_from_checker(pb::GraphProto& graph, bool aside) {
    for (auto& node : *graph.mutable_node()) {
        std::set<std::string> keys;
        for (auto& attribute : *node.mutable_attribute()) {
            keys.insert(attribute.name());
            if (attribute.has_g()) hide_from_checker(*attribute.mutable_g(), aside);
        }
        if (node.op_type() == "TreeEnsemble") {
            node.set_domain(aside ? kAside : std::string(kMlDomain));
        } else if (node.domain() == kMlDomain) {
            continue;
        } else if (!aside) {
            node.clear_domain();
        } else if (opset_of(node.op_type(), static_cast<std::size_t>(node.input_size()), keys) >
                   kLibraryOpset) {
            node.set_domain(kAside);
        }
    }
}

}  // namespace espalier::onnx
