#include "experiment/removal/for_removal.h"

#include <algorithm>

#include "graph/analysis/folding.h"
#include "graph/analysis/input_shapes.h"
#include "graph/analysis/readers.h"

namespace espalier::experiment {
namespace {

/// Computes what the sizes of the inputs decide, as the shapes of Reshape nodes: numbers that a removal can
/// change.
void fold(Graph& graph) {
    Folding folding(graph, graph.initializers);
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

}  // namespace

std::vector<surgery::PassResult> prepare_for_removal(Graph& graph, const std::map<std::string, Shape>& shapes,
                                                     const std::vector<std::string>& without) {
    set_input_shapes(graph, shapes);
    std::vector<surgery::PassResult> passes = surgery::simplify(graph, without);
    const bool is_fixed = std::ranges::all_of(graph.inputs, [](const Value& input) {
        return input.type.is_ranked &&
               std::ranges::all_of(input.type.dims, [](const Dim& dim) { return dim.is_fixed(); });
    });
    if (is_fixed || !shapes.empty()) fold(graph);
    return passes;
}

}  // namespace espalier::experiment
