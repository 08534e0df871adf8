// Operators that a graph spells out over several nodes, as older exporters do: LayerNormalization.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/analysis/readers.h"

namespace espalier::runtime {

struct LayerNormPattern {
    std::shared_ptr<const Node>
        node;  // the operator; named like the last of the nodes, and gives what it gives
    std::vector<const Node*> others;  // the nodes before that
};

/// y = (x - mean) / sqrt(mean of (x - mean)^2 + epsilon) * scale + bias over the last dimension of x, with
/// constant scale and bias, if `first` is the ReduceMean that it starts with.
std::optional<LayerNormPattern> layer_normalization(const Node& first, const Graph& graph,
                                                    const std::map<std::string, ValueType>& types,
                                                    const Readers& readers);

}  // namespace espalier::runtime
