// Training steps of convolutional networks: dense, and under masks.
#pragma once

#include <string>
#include <vector>

namespace espalier::bench {

struct ConvSteps {
    double dense_seconds = 0;      // of a step, processor time
    std::vector<double> speedups;  // of a step, dense over masked, at each share of the weights
    double moving_speedup = 0;     // at the first share, with other weights kept after half of the steps
};

/// Steps of a built-in network on random 32x32 pictures, batch 128, one thread, SGD with momentum, in
/// processor time. Dense and masked steps take turns; medians.
ConvSteps conv_steps(const std::string& network, const std::vector<double>& shares, int steps);

}  // namespace espalier::bench
