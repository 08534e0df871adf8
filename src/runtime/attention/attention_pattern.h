// Attention as graphs spell it out: MatMul of queries and keys, a scale, masks, Softmax, MatMul with values,
// with the Transpose, Reshape, Slice and Split nodes that bring heads before positions and back. Found on a
// graph for one set of shapes; it becomes one node, which reads the projections where they lie.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/analysis/readers.h"
#include "runtime/attention/strided_view.h"

namespace espalier::runtime {

struct AttentionPattern {
    /// "Attention", named and placed like the second product, gives what the last of `others` gives. Its
    /// inputs are the sources of queries, keys and values, then of masks; its attributes say how they lie
    /// there (attention_layer.h).
    std::shared_ptr<const Node> node;
    std::vector<const Node*> others;  // that it stands for: both products, and all that nothing else reads
};

/// By the second product of each.
std::map<const Node*, AttentionPattern> attention_patterns(const Graph& graph, const Types& types,
                                                           const Readers& readers);

}  // namespace espalier::runtime
