// What is computed behind an operation while its result is at hand: functions of each element, also where a
// graph spells them out over several nodes, and the sum with another value.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "graph/analysis/readers.h"
#include "runtime/fusion/eltwise_function.h"

namespace espalier::runtime {

/// Nodes that are computed behind an operation, in their order; the last one gives the result.
struct PostNodes {
    std::vector<const Node*> nodes;
    std::vector<Function> functions = {};  // one after the other, or
    std::string added = {};                // the value that is added
};

class PostNodeFinder {
  public:
    PostNodeFinder(const Graph& graph, const std::map<std::string, ValueType>& types, const Readers& readers)
        : graph_(graph), types_(types), readers_(readers) {}

    /// A function of `value`, which nobody else reads.
    std::optional<PostNodes> function(const std::string& value) const;
    /// An Add of `value` and another one of the same shape, which is among `known`.
    std::optional<PostNodes> sum(const std::string& value, const std::set<std::string>& known) const;

  private:
    std::optional<PostNodes> single(const std::string& value) const;
    std::optional<PostNodes> gated(const std::string& value) const;
    bool keeps_type(const Node& node, const std::string& value) const;

    const Graph& graph_;
    const std::map<std::string, ValueType>& types_;
    const Readers& readers_;
};

/// x -> alpha * x + beta.
bool is_linear(const std::vector<Function>& functions);

/// oneDNN 2.6 gives all functions of a kind the parameters of the first one, so no two may differ in them.
bool are_possible(const std::vector<PostOperation>& steps);

/// As steps: neighbouring functions become one where they can. Values that are added count as operands from
/// `first_added` on.
std::vector<PostOperation> post_operations_of(const std::vector<PostNodes>& behind, std::size_t first_added);

}  // namespace espalier::runtime
