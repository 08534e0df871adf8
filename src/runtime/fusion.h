// Nodes that are computed together: a product with what follows it, the Add of a constant or a
// BatchNormalization, and a Relu.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

struct Group {
    const Node* node = nullptr;
    const Lowering* lowering = nullptr;
    const Node* add = nullptr;  // fused behind, or null
    const Node* norm = nullptr;
    const Node* relu = nullptr;

    /// The value that leaves the group.
    const std::string& output() const {
        return (relu ? relu : norm ? norm : add ? add : node)->outputs.front();
    }
};

/// Groups in the order of execution. A value that is read elsewhere, or is an output of the graph, is never
/// fused away. Throws Unsupported for a node that the runtime cannot run.
std::vector<Group> fuse(const Graph& graph, const std::map<std::string, ValueType>& types);

/// The constant operand of an Add node, or null if both vary.
const Tensor* constant_operand(const Node& add, const Graph& graph);

}  // namespace espalier::runtime
