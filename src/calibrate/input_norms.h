// What criteria read of a network's inputs (signal "input-norm"), by running it in the runtime.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "calibrate/batches.h"

namespace espalier::calibrate {

/// Called with the share that is done; may throw to stop.
using Progress = std::function<void(double share)>;

struct Observed {
    /// By weight, |x_j| over all rows: of each input of a product, of each input channel of a convolution (of
    /// groups, of each place in a group), summed over all nodes that read the weight; of recurrent weights of
    /// two directions, of one behind the other.
    std::map<std::string, std::vector<float>> norms;
    /// Of the network, by batch, in the graph's order.
    std::vector<std::vector<Tensor>> outputs;
};

/// Throws InvalidArgument for a weight that no node outside of bodies multiplies with, BadData for one whose
/// inputs are all zero or not finite, and Unsupported as InputRows does.
Observed observe(const Graph& graph, const std::set<std::string>& weights, const Batches& batches,
                 int threads, const Progress& progress = {});

/// The outputs alone.
std::vector<std::vector<Tensor>> outputs_of(const Graph& graph, const Batches& batches, int threads);

}  // namespace espalier::calibrate
