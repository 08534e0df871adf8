// What an ONNX file says of its trees.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::experiment {

struct TreeFacts {
    std::string node, op;
    std::int64_t trees = 0, nodes = 0, leaves = 0;
    std::int64_t deepest = 0;   // tests from a root to a leaf, at most
    std::int64_t features = 0;  // columns that tests read
    std::int64_t outputs = 0;
    std::string modes;  // "LEQ", "LEQ, MEMBER"
};

/// Of every node with trees. Throws what trees::ensemble_of() throws.
std::vector<TreeFacts> tree_facts(const Graph& graph);

/// A line each; "" without any.
std::string to_text(const std::vector<TreeFacts>& facts, std::size_t width);
nlohmann::ordered_json to_json(const std::vector<TreeFacts>& facts);

}  // namespace espalier::experiment
