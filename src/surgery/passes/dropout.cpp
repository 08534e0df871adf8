// Dropout computes nothing when a network is run. Switch it off for a network that is going to be trained.
#include "surgery/pass.h"

namespace espalier::surgery::passes_::dropout_ {
namespace {

bool gives_mask(const Node& node) { return node.outputs.size() > 1 && !node.outputs[1].empty(); }

std::int64_t run(Graph& graph) {
    std::int64_t gone = 0;
    for (Node& node : graph.nodes) {
        if (node.op == "Dropout" && !gives_mask(node) && bypass(graph, node)) ++gone;
    }
    remove_taken_out(graph);
    return gone;
}

}  // namespace

extern const Pass dropout{
    .name = "dropout", .summary = "Dropout nodes are taken out", .position = 20, .run = run};

}  // namespace espalier::surgery::passes_::dropout_
