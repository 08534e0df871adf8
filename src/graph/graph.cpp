#include "espalier/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "espalier/error.h"
#include "graph/analysis/inference.h"
#include "graph/op.h"
#include "tensor/convert.h"

namespace espalier {
namespace {

template <class T>
T attribute_or(const Node& node, std::string_view key, T fallback) {
    const auto found = node.attributes.find(std::string(key));
    if (found == node.attributes.end()) return fallback;
    if (const T* value = std::get_if<T>(&found->second)) return *value;
    throw InvalidModel(fmt::format("{}: attribute \"{}\" has the wrong type", describe(node), key));
}

/// Values that nodes read as settings alone.
std::set<std::string> settings(const Graph& graph) {
    std::set<std::string> names;
    std::set<std::string> others;
    for (const Node& node : graph.nodes) {
        const Operator* op = ops().find(node.op);
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const bool sets = op != nullptr && std::ranges::find(op->settings, i) != op->settings.end();
            (sets ? names : others).insert(node.inputs[i]);
        }
    }
    std::erase_if(names, [&](const std::string& name) { return others.contains(name); });
    return names;
}

bool compatible(const ValueType& declared, const ValueType& inferred) {
    if (!declared.is_ranked || !inferred.is_ranked) return true;
    if (declared.dtype != inferred.dtype || declared.dims.size() != inferred.dims.size()) return false;
    for (std::size_t i = 0; i < declared.dims.size(); ++i) {
        const Dim& a = declared.dims[i];
        const Dim& b = inferred.dims[i];
        if (a.is_fixed() && b.is_fixed() && a.size() != b.size()) return false;
    }
    return true;
}

}  // namespace

const Operator& operator_of(const Node& node) {
    const Operator* op = ops().find(node.op);
    if (op == nullptr) {
        throw Unsupported(fmt::format("{}: operator \"{}\" is not supported", describe(node), node.op));
    }
    const auto given = node.inputs.size();
    if (given < op->min_inputs || given > op->max_inputs) {
        throw InvalidModel(fmt::format("{}: {} has {} inputs, expected {} to {}", describe(node), node.op,
                                       given, op->min_inputs, op->max_inputs));
    }
    for (std::size_t i = 0; i < op->min_inputs; ++i) {
        if (node.inputs[i].empty() && !op->may_leave_out) {
            throw InvalidModel(
                fmt::format("{}: input {} of {} is left out but required", describe(node), i, node.op));
        }
    }
    if (node.outputs.empty() || node.outputs.size() > op->outputs) {
        throw InvalidModel(fmt::format("{}: {} has {} outputs, expected {}", describe(node), node.op,
                                       node.outputs.size(), op->outputs));
    }
    return *op;
}

void infer_node(const Node& node, const Weights& constants, std::map<std::string, ValueType>& types) {
    Inference inference(constants);
    for (const std::string& input : node.inputs) {
        const auto type = types.find(input);
        if (type != types.end() && !inference.types().contains(input)) inference.define(input, type->second);
    }
    inference.infer(node);
    for (const std::string& output : node.outputs) {
        if (output.empty()) continue;
        if (!types.emplace(output, inference.types().at(output)).second) {
            throw InvalidModel(fmt::format("{}: value \"{}\" is defined twice", describe(node), output));
        }
    }
}

std::string to_string(const Dims& dims) {
    if (dims.empty()) return "scalar";
    std::string text;
    for (const Dim& dim : dims) {
        if (!text.empty()) text += 'x';
        text += dim.is_fixed() ? std::to_string(dim.size()) : dim.is_symbol() ? dim.symbol() : "?";
    }
    return text;
}

Dims to_dims(const Shape& shape) { return {shape.begin(), shape.end()}; }

std::int64_t Node::attribute_int(std::string_view key, std::int64_t fallback) const {
    return attribute_or(*this, key, fallback);
}

float Node::attribute_float(std::string_view key, float fallback) const {
    return attribute_or(*this, key, fallback);
}

std::vector<std::int64_t> Node::attribute_ints(std::string_view key,
                                               std::vector<std::int64_t> fallback) const {
    return attribute_or(*this, key, std::move(fallback));
}

std::string Node::attribute_string(std::string_view key, std::string fallback) const {
    return attribute_or(*this, key, std::move(fallback));
}

std::string describe(const Node& node) {
    if (!node.name.empty()) return fmt::format("node \"{}\"", node.name);
    return fmt::format("{} node that gives \"{}\"", node.op,
                       node.outputs.empty() ? "" : node.outputs.front());
}

std::map<std::string, ValueType> infer_types(const Graph& graph) {
    Inference inference(graph.initializers);
    const auto define = [&](const std::string& name, ValueType type, const char* what) {
        if (name.empty()) throw InvalidModel(fmt::format("{} without a name", what));
        if (inference.types().contains(name))
            throw InvalidModel(fmt::format("{} \"{}\": the name is used twice", what, name));
        inference.define(name, std::move(type));
    };
    for (const Value& input : graph.inputs) define(input.name, input.type, "input");
    for (const auto& [name, tensor] : graph.initializers) {
        define(name, {tensor.dtype(), to_dims(tensor.shape())}, "initialiser");
    }
    for (const Node& node : graph.nodes) inference.infer(node);
    return std::move(inference).take_types();
}

void verify(const Graph& graph) {
    const auto types = infer_types(graph);
    if (graph.outputs.empty()) throw InvalidModel(fmt::format("graph \"{}\" has no outputs", graph.name));
    for (const Node& node : graph.nodes) {
        const Operator& op = operator_of(node);
        if (op.check != nullptr) op.check(node, types);
    }
    for (const Value& output : graph.outputs) {
        const auto found = types.find(output.name);
        if (found == types.end()) {
            throw InvalidModel(fmt::format("output \"{}\" is not defined by any node", output.name));
        }
        if (!compatible(output.type, found->second)) {
            throw InvalidModel(fmt::format("output \"{}\" is declared as {} {}, but the nodes give {} {}",
                                           output.name, name_of(output.type.dtype),
                                           to_string(output.type.dims), name_of(found->second.dtype),
                                           to_string(found->second.dims)));
        }
    }
}

std::set<std::string> buffers(const Graph& graph) {
    std::set<std::string> names;
    for (const Node& node : graph.nodes) {
        const Operator* op = ops().find(node.op);
        if (op == nullptr) continue;
        for (const std::size_t index : op->buffers) {
            if (index < node.inputs.size() && graph.initializers.contains(node.inputs[index]))
                names.insert(node.inputs[index]);
        }
    }
    return names;
}

std::set<std::string> parameters(const Graph& graph) {
    std::set<std::string> names;
    const std::set<std::string> moved = buffers(graph);
    const std::set<std::string> fixed = settings(graph);
    for (const auto& [name, tensor] : graph.initializers) {
        if (is_float(tensor.dtype()) && tensor.rank() > 0 && !moved.contains(name) && !fixed.contains(name))
            names.insert(name);
    }
    return names;
}

Graph interface_of(const Graph& graph) {
    return {.name = graph.name,
            .inputs = graph.inputs,
            .outputs = graph.outputs,
            .nodes = {},
            .initializers = {},
            .metadata = graph.metadata,
            .doc = graph.doc};
}

}  // namespace espalier
