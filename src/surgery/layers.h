// What a network consists of, counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "surgery/structure.h"

namespace espalier::surgery {

struct LayerInfo {
    std::string node;  // its name, or that of its first output
    std::string op;
    Dims output;
    Shape weight;  // of the (first) one that may be pruned, as it is stored; empty if there is none
    std::int64_t groups = 1;      // of a convolution
    std::int64_t parameters = 0;  // elements of all initialisers it reads, of any type
    std::int64_t nonzeros = 0;    // of those
    double macs = 0;              // multiply-adds for one example; NaN where an open dimension decides
    double nonzero_macs = 0;      // those with weights that are not zero
    Structure structure;          // of the weight
};

/// One a node, in their order. An initialiser that several nodes read counts at the first that multiplies
/// with it, else at the first. Without `structures` it is not looked how zeros lie.
std::vector<LayerInfo> layers(const Graph& graph, bool structures = true,
                              const std::vector<std::string>& include = {});

}  // namespace espalier::surgery
