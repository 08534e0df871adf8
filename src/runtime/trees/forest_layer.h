// What the lowerings of TreeEnsembleClassifier, TreeEnsembleRegressor and TreeEnsemble share.
#pragma once

#include "runtime/lowering.h"

namespace espalier::runtime {

/// Inputs of f32 or f64 on trees that the kernel can walk.
bool takes_forest(const Node& node, const std::map<std::string, ValueType>& types, const Graph& graph);
std::vector<Candidate> walked_forest(const LoweringContext& site);

}  // namespace espalier::runtime
