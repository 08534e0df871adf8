// A graph with nodes whose outputs have no shape before it runs, or which have bodies, is run in parts: what
// comes before them, these nodes by themselves, and what comes behind.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "graph/bodies/inlined.h"

namespace espalier::runtime {

using Types = std::map<std::string, ValueType>;

/// Values that such nodes give, of those that read no other one's: the first output of each. `types` are
/// those for the inputs at hand. Empty: the graph can be planned as a whole.
std::set<std::string> open_values(const Graph& graph, const Types& types);

struct Split {
    Graph head;               // what needs none of the open nodes; without nodes: nothing
    std::vector<Node> nodes;  // the open ones
    Graph tail;               // what reads them; inputs: values of the two before, and of the graph
    Weights constants;        // that the open nodes read themselves
};

/// `open`: the first outputs of the open nodes. Takes the graph apart: initialisers are copied only where two
/// parts read them.
Split split(Graph graph, const std::set<std::string>& open);

}  // namespace espalier::runtime
