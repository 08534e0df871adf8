// An ensemble as the kernel forest_walk takes it.
#pragma once

#include "graph/trees/ensemble.h"
#include "kernels/forest_walk/forest_walk.h"

namespace espalier::runtime {

/// Whether the kernel can compute it: sums or averages; leaves that score one output, the same in each tree,
/// or all of them in order; no sets.
bool can_pack(const trees::Ensemble& ensemble);

/// Every test as x > threshold: x < a is not x > (the number below a), x == a is two of them. T is the type
/// of the input, in which a threshold in double is rounded down.
template <class T>
kernels::Forest<T> pack_forest(const trees::Ensemble& ensemble);

}  // namespace espalier::runtime
