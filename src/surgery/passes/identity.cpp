// Identity computes nothing: who reads it reads its input.
#include "surgery/pass.h"

namespace espalier::surgery::passes_::identity_ {
namespace {

std::int64_t run(Graph& graph) {
    std::int64_t gone = 0;
    for (Node& node : graph.nodes) {
        if (node.op == "Identity" && bypass(graph, node)) ++gone;
    }
    remove_taken_out(graph);
    return gone;
}

}  // namespace

extern const Pass identity{.name = "identity",
                           .summary = "Identity nodes are taken out",
                           .position = 10,
                           .keeps_training = true,
                           .run = run};

}  // namespace espalier::surgery::passes_::identity_
