// What constants alone decide is computed once: a node whose inputs are all initialisers becomes
// initialisers, as long as they are not much larger than what it reads. (A ConstantOfShape of a gigabyte
// stays a node.) What only moves the elements of a prunable weight stays a node, too: the weight keeps its
// name, and is stored once, also where an embedding is read with it.
#include <set>

#include "graph/analysis/folding.h"
#include "graph/analysis/weight_forms.h"
#include "surgery/pass.h"

namespace espalier::surgery::passes_::constants_ {
namespace {

/// Values that are a prunable weight, moved.
std::set<std::string> moved_weights(const Graph& graph) {
    const auto weights = prunable_weights(graph);
    std::set<std::string> values(weights.begin(), weights.end());
    for (const Node& node : graph.nodes) {
        if (only_moves(node.op) && values.contains(node.inputs[0])) values.insert(node.outputs[0]);
    }
    return values;
}

std::int64_t run(Graph& graph) {
    const std::set<std::string> weights = moved_weights(graph);
    Folding folding(graph, graph.initializers,
                    {.shapes = false, .random = false, .heavy = false, .stays = &weights});
    std::int64_t gone = 0;
    for (Node& node : graph.nodes) {
        if (!folding.fold(node)) continue;
        node.outputs.clear();
        ++gone;
    }
    graph.initializers.merge(folding.take_computed());
    remove_taken_out(graph);
    return gone;
}

}  // namespace

extern const Pass constants{.name = "constants",
                            .summary = "what constants alone decide becomes a constant",
                            .position = 30,
                            .run = run};

}  // namespace espalier::surgery::passes_::constants_
