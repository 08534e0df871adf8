// Choosing what to cut. plan() is a pure function of its inputs: same request, same masks, whatever the
// number of threads. The four questions: granularity (what), criterion (how), scope (where), and, through
// repeated calls with the previous masks, schedule and rounds (when, how often).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "espalier/mask.h"
#include "espalier/tensor.h"

namespace espalier::prune {

/// One prunable weight and the signals that criteria may ask for. All spans have the tensor's element count,
/// except input_norm (one value an input column). A criterion declares what it reads; the rest may be empty.
struct Candidate {
    std::string name = {};
    Shape shape = {};
    std::span<const float> weight = {};
    std::span<const float> gradient = {};          // mean of dL/dw over the chosen batches
    std::span<const float> squared_gradient = {};  // mean of (dL/dw)^2 over examples or batches
    std::span<const float> initial_weight = {};    // w at step 0
    std::span<const float> hessian_gradient = {};  // H * g, for GraSP
    std::span<const float> movement = {};          // accumulated -w * g
    std::span<const float> input_norm = {};        // L2 norm of each input feature over the chosen batches
    std::span<const float> batch_norm_scale = {};  // gamma of the normalisation behind it, one an output
    /// Multiply-adds that one element of this weight costs for one example: 1 in a fully connected layer, the
    /// number of output positions in a convolution. Read by scopes that budget MACs.
    double macs_per_element = 1;
};

/// How much to cut. Exactly one is set.
struct Target {
    std::optional<double> sparsity = {};  // share of all prunable weights that is zero afterwards, in [0, 1)
    std::optional<double> rate = {};  // share of the weights now left that is cut in this round, in (0, 1)
    std::optional<std::int64_t> weights = {};  // number of weights kept
    std::optional<double> macs = {};           // share of multiply-adds kept, in (0, 1]
};

struct Request {
    std::vector<Candidate> weights;
    /// What is already pruned stays pruned. nullptr: nothing is.
    const MaskSet* current = nullptr;

    /// With arguments where it takes some: "2:4", "block 4x1", "vector 1x8".
    std::string granularity = "element";
    std::string criterion = "magnitude";
    std::string unit_norm = "l1";  // how a unit's score is made of its elements': l1, l2, mean, max
    std::string scope = "global";
    Target target;

    /// Own rate (Target::rate) or sparsity of single layers, by weight name; layer-wise and explicit scopes.
    std::map<std::string, double> layer_targets;
    std::int64_t floor = 1;  // units every layer keeps at least
    std::uint64_t seed = 0;  // random criterion
    int threads = 0;         // 0: all cores; the result does not depend on it
};

struct Plan {
    MaskSet masks;
    /// One line for each layer that hit its floor, and the like; never empty silently.
    std::vector<std::string> notes;
};

/// Exact: a layer (layer-wise) or the network (global) of n weights left, cut at rate p, loses floor(p * n)
/// of them, never more, where p is read as the decimal its writer meant (0.29 of 100 is 29). Ties go by
/// position: the earlier one is kept. Throws InvalidArgument.
Plan plan(const Request& request);

}  // namespace espalier::prune
