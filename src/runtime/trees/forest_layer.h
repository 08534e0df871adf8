// What the lowerings of TreeEnsembleClassifier, TreeEnsembleRegressor and TreeEnsemble share.
#pragma once

#include "runtime/lowering.h"

namespace espalier::runtime {

/// Inputs of f32 or f64.
bool takes_forest(const Node& node, const std::map<std::string, ValueType>& types, const Graph& graph);
/// By the kernel, or where it cannot walk the trees by their plain computation.
std::vector<Candidate> walked_forest(const LoweringContext& site);

}  // namespace espalier::runtime
