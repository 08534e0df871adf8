#include "experiment/removal/for_removal.h"

#include <algorithm>
#include <set>

#include "graph/analysis/folding.h"
#include "graph/analysis/input_shapes.h"
#include "graph/analysis/readers.h"

namespace espalier::experiment {
namespace {

/// Computes what the sizes of the inputs decide, as the shapes of Reshape nodes: numbers that a removal can
/// change. Not the values in `stays`.
void fold(Graph& graph, const std::set<std::string>& stays = {}) {
    Folding folding(graph, graph.initializers, {.stays = &stays});
    std::vector<Node> left;
    for (Node& node : graph.nodes) {
        if (!folding.fold(node)) left.push_back(std::move(node));
    }
    Weights computed = folding.take_computed();
    graph.nodes = std::move(left);
    for (auto& [name, tensor] : computed) graph.initializers.insert_or_assign(name, std::move(tensor));
    remove_unread_nodes(graph);
    remove_unread_initializers(graph);
}

/// What nodes make of tensors, as of a table of places those up to the length that there is: a removal is to
/// find the tensors, which are there for all sizes.
std::set<std::string> made_of_tensors(const Graph& graph) {
    std::set<std::string> made;
    for (const Node& node : graph.nodes) {
        if (node.inputs.empty()) continue;
        const auto tensor = graph.initializers.find(node.inputs.front());
        if (tensor != graph.initializers.end() && tensor->second.rank() >= 2)
            made.insert(node.outputs.begin(), node.outputs.end());
    }
    made.erase("");
    return made;
}

}  // namespace

void set_sizes(Graph& graph, const std::map<std::string, Shape>& shapes) {
    set_input_shapes(graph, shapes);
    fold(graph, made_of_tensors(graph));
}

std::vector<surgery::PassResult> prepare_for_removal(Graph& graph, const std::vector<std::string>& without) {
    std::vector<surgery::PassResult> passes = surgery::simplify(graph, without);
    const bool is_fixed = std::ranges::all_of(graph.inputs, [](const Value& input) {
        return input.type.is_ranked &&
               std::ranges::all_of(input.type.dims, [](const Dim& dim) { return dim.is_fixed(); });
    });
    if (is_fixed) fold(graph);
    return passes;
}

}  // namespace espalier::experiment
