// Who reads each value of a graph.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::runtime {

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

}  // namespace espalier::runtime
