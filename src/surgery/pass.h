// A rewriting of the graph that leaves what it computes (but for rounding) and makes it smaller. One file in
// passes/ each.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/table.h"
#include "espalier/graph.h"

namespace espalier::surgery {

struct Pass {
    std::string_view name;
    std::string_view summary;
    int position = 0;  // order: lower ones run first
    bool keeps_training =
        false;  // a training sees no difference: parameters, ties and statistics are the same
    /// Rewrites `graph`, which is verified before and after; returns how many nodes are gone.
    std::int64_t (*run)(Graph& graph) = nullptr;
};

/// The files of passes/.
const Table<Pass>& passes();

// For the entries.

/// Takes out `node`, whose output 0 is its input 0: who reads the output reads the input. False, and nothing
/// is done, where a name would be lost: both are the graph's inputs, outputs or initialisers, or a body reads
/// the output. `node` stays in graph.nodes without outputs until remove_taken_out().
bool bypass(Graph& graph, Node& node);
void remove_taken_out(Graph& graph);

}  // namespace espalier::surgery
