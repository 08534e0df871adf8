// Nodes whose results nobody reads, then initialisers that nobody reads.
#include <algorithm>
#include <set>

#include "surgery/pass.h"

namespace espalier::surgery::passes_ {
namespace {

std::int64_t run(Graph& graph) {
    std::set<std::string> read;
    for (const Value& output : graph.outputs) read.insert(output.name);
    std::int64_t gone = 0;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {  // readers come after
        const bool is_read =
            std::ranges::any_of(node->outputs, [&](const auto& name) { return read.contains(name); });
        if (is_read) {
            for (std::string& name : values_read(*node)) read.insert(std::move(name));
        } else {
            node->outputs.clear();
            ++gone;
        }
    }
    remove_taken_out(graph);
    std::erase_if(graph.initializers, [&](const auto& entry) { return !read.contains(entry.first); });
    return gone;
}

}  // namespace

extern const Pass unread{.name = "unread",
                         .summary = "nodes and initialisers that nobody reads are taken out",
                         .position = 90,
                         .keeps_training = true,
                         .run = run};

}  // namespace espalier::surgery::passes_
