// What criteria read of a network's slopes (signal "squared-gradient"), by running it in the runtime.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "calibrate/slopes/output_slopes.h"

namespace espalier::calibrate {

/// By weight, for each of its elements the mean of (d(v' y) / dw)^2 over runs (output_slopes.h). Throws as
/// slopes() does.
std::map<std::string, std::vector<float>> squared_gradients(const Graph& graph,
                                                            const std::set<std::string>& weights,
                                                            const Batches& batches, std::uint64_t seed,
                                                            int threads, const Progress& progress = {});

}  // namespace espalier::calibrate
