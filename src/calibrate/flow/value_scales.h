// A network whose values would overflow, with every value at a power of two of its own.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::calibrate {

/// By weight, the power of two by which its layer's outputs are about larger than its inputs.
using Gains = std::map<std::string, int>;

struct ScaledNetwork {
    Graph graph;
    /// Of weights and values: what they were is what they are times 2^exponent. 0 for others.
    std::map<std::string, int> exponents;
    struct Layer {
        std::string weight, input, output;
    };
    std::vector<Layer> layers;  // each weight once, in the order of the nodes

    int exponent_of(const std::string& value) const {
        const auto found = exponents.find(value);
        return found == exponents.end() ? 0 : found->second;
    }
};

/// `graph` holds no negative weights, f32, and all shapes follow from it. Weights are divided by their gains,
/// so that a layer gives about what it takes; of those that are not known `gains` gets a guess. Sums of
/// values of several scales take the largest. Where an operator does not follow its input's scale, as
/// Sigmoid, it reads what is true, up to 2^100. Throws Unsupported for one whose result that would change,
/// naming the node.
ScaledNetwork with_scaled_values(Graph graph, Gains& gains);

}  // namespace espalier::calibrate
