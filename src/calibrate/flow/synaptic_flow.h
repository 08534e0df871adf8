// Synaptic flow (signal "flow") of a network that is a file, by running it in the runtime.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "calibrate/flow/value_scales.h"
#include "espalier/graph.h"

namespace espalier::calibrate {

/// dR/d|w| over R, by weight, R being the sum of the outputs for inputs of ones on the network of |w| without
/// normalisations, bounds and what is only added (Tanaka et al. 2020), in front of a last Softmax or Sigmoid.
/// `graph` is f32; its batch is 1 where it is open. Throws InvalidArgument for other open dimensions,
/// Unsupported for an operator without a gradient or one that the size of R takes out of its range, BadData
/// if nothing reaches the outputs. `gains`: what is known of the layers, and will be; with those of a network
/// like this one it is faster.
std::map<std::string, std::vector<float>> synaptic_flow(const Graph& graph,
                                                        const std::set<std::string>& weights, int threads,
                                                        Gains* gains = nullptr);

}  // namespace espalier::calibrate
