// Where the graph and pruning meet: which weights of a network may be cut, and what a cut does to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/mask.h"
#include "espalier/prune.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::surgery {

/// The prunable weights of `graph` (and what `include` names, see prunable()) with the values that `weights`
/// holds, without signals, in the order of the network. Spans point into `weights`. Throws InvalidArgument if
/// one is missing.
std::vector<prune::Candidate> candidates(const Graph& graph, const Weights& weights,
                                         const std::vector<std::string>& include = {});

/// The prunable weights of the output layer: those that no other prunable weight follows on the way to the
/// graph's first output. Several where branches meet behind them.
std::vector<std::string> output_weights(const Graph& graph);

/// Masks that keep everything, of what `include` names as well.
prune::MaskSet all_kept(const Graph& graph, const std::vector<std::string>& include = {});

/// Masks that prune what is exactly zero in the graph's own weights: how an earlier pruning is found in a
/// file.
prune::MaskSet zeros_of(const Graph& graph, const std::vector<std::string>& include = {});

/// The network for training with dropout of `ratio` behind the Relu of every hidden fully connected layer,
/// less where `masks` prune that layer: ratio * sqrt(share left), Han et al. 2015. Weights keep their names.
/// Throws InvalidArgument if there is no such layer or the ratio is not in [0, 1).
Graph with_dropout(Graph graph, double ratio, const prune::MaskSet& masks);

/// The network without the Dropout nodes that were exported in training mode: what is measured and written of
/// one that trained with them. Throws Unsupported, naming the node, where something reads the mask of one.
Graph without_training_dropout(Graph graph);

struct PassResult {
    std::string name;
    std::int64_t changed = 0;  // nodes that are gone
    double milliseconds = 0;   // with the checks afterwards
};

/// Makes the graph smaller without changing what it computes when it is run, but for rounding: the passes of
/// surgery/passes in their order, but those named in `without`, until none finds anything. The graph is
/// verified after each. Names of inputs, outputs and prunable weights stay. Throws InvalidArgument for a pass
/// that is not known, else what verify() and constants that cannot be computed throw.
std::vector<PassResult> simplify(Graph& graph, const std::vector<std::string>& without = {});

/// Opens a file's network for training: what was stored once to save bytes becomes parameters and running
/// statistics of their own (surgery/own_copies.h), then the passes run that a training does not notice.
std::vector<PassResult> simplify_for_training(Graph& graph);

/// The same network for any number of examples at a time: dimension 0 of the inputs, fixed so far, becomes
/// "N", and the shapes of Reshape nodes that hold the fixed number are written anew. Throws Unsupported,
/// naming the node that does not allow it. That each example comes out as before is likely, not certain: the
/// caller runs both.
Graph with_open_batch(Graph graph);

}  // namespace espalier::surgery

#pragma GCC visibility pop
