// Budgets from tables of measurements: every layer goes up to the same loss in its own.
#pragma once

#include <string_view>
#include <vector>

#include "prune/scope.h"

namespace espalier::prune {

/// s_l = max {s : loss_l(s) - loss_l(0) <= d}, with one d for all layers that meets the target. Between
/// points of a table the loss is a straight line; a point better than one before it counts as that one.
/// Throws InvalidArgument, naming `scope`, for a layer without a table, a table out of order, and tables that
/// do not go far enough.
std::vector<Pool> spend_by_tables(const std::vector<LayerBudget>& layers, const Target& target,
                                  std::string_view scope);

}  // namespace espalier::prune
