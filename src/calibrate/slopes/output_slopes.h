// Slopes of a network's outputs by what lies in it, in random directions: what second-order criteria and
// masks are made of, without labels.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "calibrate/batches.h"
#include "calibrate/input_norms.h"
#include "graph/gradient/gradient.h"

namespace espalier::calibrate {

struct SlopeRequest {
    std::vector<std::string> values;  // of the network: v' y is derived by them
    /// Names what is wanted of a network with their gradients: sets its outputs, and may add nodes.
    std::function<void(Gradients& gradients)> finish;
    /// Called with those outputs after every run.
    std::function<void(const std::vector<Tensor>& outputs)> take;
    std::uint64_t seed = 0;
    int threads = 0;
    Progress progress = {};
};

/// Runs every example by itself where the network's batch is open, with v random signs, those of each output
/// over its length in that example, so that outputs count alike; several times where there are few examples.
/// The mean of squared slopes is then that of the squared change of the outputs, to first order. Returns the
/// number of runs. Throws InvalidArgument without data, BadData for outputs that are not finite, and
/// Unsupported as with_gradients() does.
std::int64_t slopes(const Graph& graph, const Batches& batches, const SlopeRequest& request);

}  // namespace espalier::calibrate
