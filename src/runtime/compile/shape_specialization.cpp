#include "runtime/compile/shape_specialization.h"

#include <algorithm>
#include <set>

#include "graph/analysis/inference.h"
#include "graph/evaluation.h"

namespace espalier::runtime {
namespace {

/// The node's inputs, if all are initialisers.
std::optional<std::vector<const Tensor*>> constants_of(const Node& node, const Graph& graph) {
    if (operator_of(node).evaluate == nullptr) return {};
    std::vector<const Tensor*> inputs;
    for (const std::string& input : node.inputs) {
        const auto found = graph.initializers.find(input);
        if (!input.empty() && found == graph.initializers.end()) return {};
        inputs.push_back(input.empty() ? nullptr : &found->second);
    }
    return inputs;
}

}  // namespace

Specialised::Specialised(Graph& graph) : graph_(graph), inputs_(graph.inputs), nodes_(graph.nodes) {}

Specialised::~Specialised() {
    if (kept_) return;
    graph_.inputs = std::move(inputs_);
    graph_.nodes = std::move(nodes_);
    for (const std::string& name : constants_) graph_.initializers.erase(name);
}

void Specialised::keep() {
    graph_.inputs = std::move(inputs_);
    kept_ = true;
}

void Specialised::fold(const std::vector<Shape>* input_shapes) {
    Inference inference(graph_.initializers);
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
        Value& input = graph_.inputs[i];
        if (input_shapes != nullptr) input.type.dims = to_dims((*input_shapes)[i]);
        inference.define(input.name, input.type);
    }
    for (const auto& [name, tensor] : graph_.initializers)
        inference.define(name, {tensor.dtype(), to_dims(tensor.shape())});
    FoldingBudget budget(graph_.initializers);
    std::vector<Node> left;
    for (const Node& node : nodes_) {
        if (compute(node, inference, budget)) {
            folded_.push_back(node);
        } else {
            left.push_back(node);
        }
    }
    graph_.nodes = std::move(left);
    drop_unread();
    types_ = std::move(inference).take_types();
}

void Specialised::add_constant(const std::string& name, Tensor tensor) {
    graph_.initializers.insert_or_assign(name, std::move(tensor));
    constants_.push_back(name);
}

bool Specialised::compute(const Node& node, Inference& inference, FoldingBudget& budget) {
    inference.infer(node);
    std::vector<std::string> outputs;
    std::vector<ValueType> types;
    for (const std::string& output : node.outputs) {
        if (output.empty()) continue;
        outputs.push_back(output);
        types.push_back(inference.types().at(output));
    }
    const auto is_known = [&](const std::string& output) { return inference.known(output) != nullptr; };
    if (std::ranges::all_of(outputs, is_known)) {
        for (const std::string& output : outputs) add_constant(output, Tensor(*inference.known(output)));
        return true;
    }
    const auto inputs = constants_of(node, graph_);
    if (!inputs || !budget.take(*inputs, types)) return false;
    std::vector<Tensor> results = evaluate(node, *inputs);
    for (std::size_t i = 0; i < results.size(); ++i) {
        const std::string& name = node.outputs[i];
        if (name.empty()) continue;
        inference.define(name, {results[i].dtype(), to_dims(results[i].shape())});
        add_constant(name, std::move(results[i]));
    }
    return true;
}

void Specialised::drop_unread() {
    std::set<std::string> read;
    for (const Value& output : graph_.outputs) read.insert(output.name);
    std::vector<Node> left;
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
        const bool needed = std::ranges::any_of(
            node->outputs, [&](const std::string& output) { return read.contains(output); });
        if (!needed) continue;
        read.insert(node->inputs.begin(), node->inputs.end());
        left.push_back(std::move(*node));
    }
    std::ranges::reverse(left);
    graph_.nodes = std::move(left);
}

std::optional<std::string> Specialised::open_value() const {
    for (const Node& node : graph_.nodes) {
        for (const std::string& output : node.outputs) {
            if (output.empty()) continue;
            const Dims& dims = types_.at(output).dims;
            if (!std::ranges::all_of(dims, [](const Dim& dim) { return dim.is_fixed(); })) return output;
        }
    }
    return {};
}

NamedTensors Specialised::take_constants() {
    NamedTensors taken;
    for (const std::string& name : constants_) taken.insert(graph_.initializers.extract(name));
    constants_.clear();
    return taken;
}

}  // namespace espalier::runtime
