// What LinearClassifier and LinearRegressor share.
#pragma once

#include <fmt/format.h>

#include "graph/trees/decode.h"
#include "graph/trees/rows.h"
#include "graph/trees/scores.h"

namespace espalier::trees {

/// Throws InvalidModel unless there are `outputs` rows of coefficients, and as many intercepts or none.
void check_linear(const InferContext& context, std::int64_t outputs, const char* intercepts);
/// [rows][outputs]
std::vector<float> linear_scores(Evaluation& e, std::int64_t outputs, const char* intercepts);
/// Throws InvalidModel for one that is not known.
PostTransform post_of(const Node& node);

}  // namespace espalier::trees
