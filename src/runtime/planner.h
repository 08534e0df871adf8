// From a graph and the shapes of its inputs to a program.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/runtime.h"
#include "runtime/layer_weights.h"
#include "runtime/program.h"

namespace espalier::runtime {

struct Plan {
    Program program;
    std::vector<LayerProfile> profile;
    std::vector<Shape> outputs;
};

/// `types`: of every value, all dimensions fixed. Throws Unsupported, naming the node.
Plan make_plan(const Graph& graph, const std::map<std::string, ValueType>& types, WeightCache& weights,
               Options::Choice choice, int threads);

}  // namespace espalier::runtime
