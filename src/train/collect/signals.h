// What criteria read besides the weights: gradients, curvature, activations, flow. Only what is asked for is
// collected, over the first batches of the training set's own order; the test set is never touched.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/mask.h"
#include "espalier/prune.h"
#include "espalier/recipe.h"
#include "prune/request/signals_mode.h"

namespace espalier::train {

struct SignalRequest {
    const Graph& graph;
    const Weights& weights;
    const data::Dataset* dataset = nullptr;   // needed by signals that run the network
    const Recipe& recipe;                     // batch size, loss
    std::span<const std::string_view> needs;  // names of signals
    std::int64_t batches = 1;
    /// Of gradients and activations. In training mode the loss is that of training, with its smoothed labels
    /// and augmented images; of distillation the part that the labels decide. Running statistics stay.
    prune::SignalsMode mode = prune::SignalsMode::evaluation;
    double temperature = 1;  // the outputs are divided by it before the loss is taken
    std::uint64_t seed = 1;  // of the data order
    int threads = 1;
    // What only a training can tell: taken from the caller when needed.
    const Weights* initial = nullptr;
    const Weights* movement = nullptr;
};

/// Values by weight; spans of candidates point into it.
class Signals {
  public:
    /// Throws InvalidArgument when a signal is needed that nothing here can give, naming it and what is
    /// missing.
    static Signals collect(const SignalRequest& request);

    /// Sets the spans of `candidates`; they are valid as long as this lives.
    void attach(std::vector<prune::Candidate>& candidates) const;

  private:
    std::map<std::string, std::map<std::string, std::vector<float>>> values_;
};

}  // namespace espalier::train
