// What constants alone decide is computed once: a node whose inputs are all initialisers becomes
// initialisers, as long as they are not much larger than what it reads. (A ConstantOfShape of a gigabyte
// stays a node.)
#include <algorithm>

#include "graph/analysis/folding.h"
#include "graph/evaluation.h"
#include "graph/op.h"
#include "surgery/pass.h"

namespace espalier::surgery::passes_ {
namespace {

std::vector<ValueType> outputs_of(const Node& node, const std::map<std::string, ValueType>& types) {
    std::vector<ValueType> outputs;
    for (const std::string& output : node.outputs) {
        if (!output.empty()) outputs.push_back(types.at(output));
    }
    return outputs;
}

bool can_fold(const Graph& graph, const Node& node) {
    const Operator* op = ops().find(node.op);
    if (op == nullptr || op->evaluate == nullptr || op->heavy || node.op == "Dropout") return false;
    return std::ranges::all_of(node.inputs, [&](const std::string& input) {
        return input.empty() || graph.initializers.contains(input);
    });
}

std::int64_t run(Graph& graph) {
    const auto types = infer_types(graph);
    FoldingBudget budget(graph.initializers);
    std::int64_t gone = 0;
    for (Node& node : graph.nodes) {
        if (!can_fold(graph, node)) continue;
        std::vector<const Tensor*> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back(input.empty() ? nullptr : &graph.initializers.at(input));
        if (!budget.take(inputs, outputs_of(node, types))) continue;
        std::vector<Tensor> results = evaluate(node, inputs);
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            if (!node.outputs[i].empty()) graph.initializers.emplace(node.outputs[i], std::move(results[i]));
        }
        node.outputs.clear();
        ++gone;
    }
    remove_taken_out(graph);
    return gone;
}

}  // namespace

extern const Pass constants{.name = "constants",
                            .summary = "what constants alone decide becomes a constant",
                            .position = 30,
                            .run = run};

}  // namespace espalier::surgery::passes_
