// Names for values that are put between those of a graph.
#pragma once

#include <set>
#include <string>

#include "espalier/graph.h"

namespace espalier {

class FreshNames {
  public:
    explicit FreshNames(const Graph& graph) {
        for (const auto& [name, tensor] : graph.initializers) taken_.insert(name);
        for (const Value& input : graph.inputs) taken_.insert(input.name);
        for (const Node& node : graph.nodes) taken_.insert(node.outputs.begin(), node.outputs.end());
    }
    /// `name`, with _ behind it as often as it is taken.
    std::string fresh(std::string name) {
        while (!taken_.insert(name).second) name += '_';
        return name;
    }

  private:
    std::set<std::string> taken_;
};

}  // namespace espalier
