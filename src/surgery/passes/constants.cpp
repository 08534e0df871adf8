// What constants alone decide is computed once: a node whose inputs are all initialisers becomes
// initialisers, as long as they are not much larger than what it reads. (A ConstantOfShape of a gigabyte
// stays a node.)
#include "graph/analysis/folding.h"
#include "surgery/pass.h"

namespace espalier::surgery::passes_::constants_ {
namespace {

std::int64_t run(Graph& graph) {
    Folding folding(graph, graph.initializers, {.shapes = false, .random = false, .heavy = false});
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
