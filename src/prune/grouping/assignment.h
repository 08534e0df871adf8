// The assignment problem: every row gets a column of its own, so that the sum of what they are worth is
// largest.
#pragma once

#include <span>
#include <vector>

namespace espalier::prune {

/// The column of each row of a square matrix of worths. Kuhn 1955, "The Hungarian method", by shortest
/// augmenting paths as Jonker & Volgenant 1987: at most size^3 steps.
std::vector<int> best_assignment(std::span<const double> worth, int size);

}  // namespace espalier::prune
