// The built-in networks: small functions that build a Graph.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "espalier/graph.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::models {

struct Options {
    Shape example_shape = {1, 28, 28};  // [c, h, w]
    std::int64_t classes = 10;
    std::uint64_t seed = 1;  // of the initial weights
    /// "glorot-normal", "kaiming-uniform", ... (espalier list initializations); "": the network's own.
    std::string initialization = {};
};

/// One input "input" [N, c, h, w], one output: the logits [N, classes]. `name` is that of a network or fits
/// the pattern of one, as "mlp-512-512" fits "mlp-<widths>". Throws InvalidArgument for an unknown name or a
/// shape that the network cannot take.
Graph build(std::string_view name, const Options& options = {});

/// `graph` with initial weights of its own in the place of trained ones: layers drawn by `initialization`
/// ("": glorot-normal), normalisations that do nothing yet, biases 0. Throws Unsupported for weights that are
/// not f32.
Graph reinitialized(Graph graph, std::uint64_t seed, const std::string& initialization = {});

}  // namespace espalier::models

#pragma GCC visibility pop
