// Prunes a network layer by layer so that the outputs of each change least, with inputs that layers before
// it, already pruned, give.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "calibrate/batches.h"
#include "calibrate/input_norms.h"
#include "calibrate/reconstruction.h"
#include "espalier/graph.h"
#include "espalier/mask.h"
#include "espalier/prune.h"

namespace espalier::calibrate {

struct Reconstruct {
    std::vector<std::string> methods = {};  // of reconstructions(), in this order; none: zeros alone
    std::string granularity = "element";
    const prune::Plan* plan = nullptr;  // masks, or for a method that chooses how many stay of each layer
    const prune::MaskSet* before = nullptr;  // what was there: what is gone stays so
    int threads = 0;                         // 0: all cores
    Progress progress = {};
};

struct LayerError {
    std::string layer = {};  // as LayerPlan names it
    std::int64_t kept = 0;   // weights
    /// |(W - W0) X| / |W0 X|, X as the pruned layers before it give it; NaN: not measured, as no method ran
    /// and the layer is wider than kWidest.
    double relative = 0;
    std::int64_t rows = 0;
    std::int64_t inputs = 0;  // of one output
    double seconds = 0;       // that the methods took
};

struct Reconstructed {
    prune::MaskSet masks;
    std::vector<LayerError> layers;  // in the order of the network
    std::vector<std::string> notes;
    std::vector<std::vector<Tensor>> outputs;  // of the pruned network, by batch
};

/// Changes the weights (and by a method that shifts, the biases) of `graph`. A weight that several nodes read
/// is pruned by the inputs of the first of them. Throws InvalidArgument for a method that is not known, for
/// units of a grouped convolution that do not fit its groups, and for more than kWidest inputs, Unsupported
/// as InputRows does.
Reconstructed reconstruct(Graph& graph, const Reconstruct& how, const Batches& batches);

}  // namespace espalier::calibrate
