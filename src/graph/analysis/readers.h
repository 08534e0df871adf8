// Who reads each value of a graph, who makes it, and what nobody reads. Values that a node's body reads
// count.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

/// Points into the graph, and shows it as it was when this was made.
class Readers {
  public:
    explicit Readers(const Graph& graph);

    /// All that read the value; none if it is an output of the graph, which nothing may take away.
    const std::vector<const Node*>& of(const std::string& value) const;
    /// The node that alone reads the value, or null.
    const Node* only(const std::string& value) const;
    /// A node or an output of the graph does.
    bool any(const std::string& value) const { return readers_.contains(value) || outputs_.contains(value); }

  private:
    std::map<std::string, std::vector<const Node*>> readers_;
    std::set<std::string> outputs_;
};

bool is_output(const Graph& graph, const std::string& value);

/// Whether a body inside one of the nodes reads the value.
bool is_read_by_body(const Graph& graph, const std::string& value);

/// How often each value is read: by nodes, by their bodies, as an output of the graph.
std::map<std::string, int> count_reads(const Graph& graph);

/// The node that gives the value; null for inputs and initialisers of the graph.
const Node* maker_of(const Graph& graph, const std::string& value);
Node* maker_of(Graph& graph, const std::string& value);

/// Takes out the nodes whose outputs nobody reads, directly or in the end; returns how many.
std::int64_t remove_unread_nodes(Graph& graph);

/// Takes out the initialisers that nobody reads.
void remove_unread_initializers(Graph& graph);

}  // namespace espalier
