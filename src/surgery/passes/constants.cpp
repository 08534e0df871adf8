// What constants alone decide is computed once: a node whose inputs are all initialisers becomes
// initialisers, as long as they are not much larger than what it reads. (A ConstantOfShape of a gigabyte
// stays a node.)
#include <algorithm>

#include "graph/evaluation.h"
#include "graph/op.h"
#include "surgery/pass.h"

namespace espalier::surgery::passes_ {
namespace {

constexpr std::int64_t kSmall = 1 << 16;  // elements that may come out of nothing

bool is_worth(const Graph& graph, const Node& node, const std::map<std::string, ValueType>& types) {
    std::int64_t read = kSmall;
    for (const std::string& input : node.inputs) {
        if (!input.empty()) read += graph.initializers.at(input).count();
    }
    double made = 0;
    for (const std::string& output : node.outputs) {
        double count = 1;
        for (const Dim& dim : output.empty() ? Dims() : types.at(output).dims) {
            if (!dim.is_fixed()) return false;  // its elements decide its shape
            count *= static_cast<double>(dim.size());
        }
        made += count;
    }
    return made <= static_cast<double>(read);
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
    std::int64_t gone = 0;
    for (Node& node : graph.nodes) {
        if (!can_fold(graph, node) || !is_worth(graph, node, types)) continue;
        std::vector<const Tensor*> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back(input.empty() ? nullptr : &graph.initializers.at(input));
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
