// What the weights of an LSTM, GRU or RNN multiply: the steps of sequences, and the states before each step.
#pragma once

#include <map>
#include <vector>

#include "espalier/graph.h"
#include "espalier/runtime.h"

namespace espalier::calibrate {

/// What the first weight of such a node multiplies: the steps of all sequences, [1, steps, width], without
/// those behind the end of one. `inputs` as for HiddenStates.
Tensor steps_of(const Node& node, const std::vector<const Tensor*>& inputs);

class HiddenStates {
  public:
    /// Throws Unsupported, naming the node, for a GRU that multiplies its weight with states that were reset.
    HiddenStates(Node node, int threads);

    /// `inputs` of the node, null where they are left out. [directions, steps of all sequences, hidden];
    /// steps behind the end of a sequence are left out. Throws what running throws.
    Tensor before_steps(const std::vector<const Tensor*>& inputs);

  private:
    std::vector<Tensor> states_of(const std::vector<const Tensor*>& inputs);

    Node node_;
    int threads_;
    std::map<std::vector<Shape>, runtime::Session> sessions_;  // by the shapes of what varies
};

}  // namespace espalier::calibrate
