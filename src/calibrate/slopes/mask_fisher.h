// What the outputs of a network lose with each of its units, to first order, from one pass backwards a run.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "calibrate/batches.h"
#include "calibrate/input_norms.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::calibrate {

/// For every unit of these groups, by group. Groups may have been found at other sizes of `graph`, under the
/// same names. Random numbers from `seed`. Throws Unsupported for a group that no layer multiplies with, and
/// for an operator without a gradient, BadData for outputs that are not finite, InvalidArgument without data.
std::map<const CoupledGroup*, std::vector<float>> mask_fisher(const Graph& graph,
                                                              std::span<const CoupledGroup* const> groups,
                                                              const Batches& batches, std::uint64_t seed,
                                                              int threads, const Progress& progress = {});

}  // namespace espalier::calibrate
