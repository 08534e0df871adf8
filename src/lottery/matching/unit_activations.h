// What the units of a network say, as the layers that read them see it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lottery/control.h"
#include "surgery/permutation/matching.h"
#include "train/collect/layer_inputs.h"

namespace espalier::lottery {

class UnitActivations {
  public:
    /// Of the ticket's network with these weights, over prune.signal_batches batches of training examples.
    UnitActivations(Ticket& ticket, const Weights& weights);

    /// Of one unit, all that the first layer that reads it has of it; empty if none reads it by an axis.
    std::vector<float> of(const CoupledUnit& unit) const;

  private:
    std::map<std::string, std::size_t> input_axes_;  // of weights
    std::map<std::string, train::LayerInputs> inputs_;
};

/// [units, units]: unit i of `a` with unit j of `b`; empty where nothing is known of them.
std::vector<double> correlations(const surgery::Matching::Kind& kind, const UnitActivations& a,
                                 const UnitActivations& b);

}  // namespace espalier::lottery
