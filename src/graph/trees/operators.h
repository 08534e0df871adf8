// What the three operators share: the check of their trees, and the plain computation.
#pragma once

#include "graph/op.h"

namespace espalier::trees {

/// Reads the trees once. Throws what ensemble_of() throws, and InvalidModel where they test columns that the
/// input does not have.
void check_trees(const Node& node, const std::map<std::string, ValueType>& types);

/// Into output `scores`, and where that is not the first one the labels into output 0.
void evaluate_trees(Evaluation& evaluation, std::size_t scores);

}  // namespace espalier::trees
