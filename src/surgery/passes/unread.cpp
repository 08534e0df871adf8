// Nodes whose results nobody reads, then initialisers that nobody reads.
#include "graph/analysis/readers.h"
#include "surgery/pass.h"

namespace espalier::surgery::passes_::unread_ {
namespace {

std::int64_t run(Graph& graph) {
    const std::int64_t gone = remove_unread_nodes(graph);
    remove_unread_initializers(graph);
    return gone;
}

}  // namespace

extern const Pass unread{.name = "unread",
                         .summary = "nodes and initialisers that nobody reads are taken out",
                         .position = 90,
                         .keeps_training = true,
                         .run = run};

}  // namespace espalier::surgery::passes_::unread_
