#include "lottery/matching/unit_activations.h"

namespace espalier::lottery {

UnitActivations::UnitActivations(Ticket& ticket, const Weights& weights) {
    for (const PrunableWeight& weight : prunable(ticket.graph())) {
        if (weight.stored_axis && *weight.stored_axis < 2) input_axes_[weight.name] = 1 - *weight.stored_axis;
    }
    // The same batches for both networks.
    inputs_ = train::layer_inputs({.graph = ticket.graph(),
                                   .weights = weights,
                                   .dataset = &ticket.dataset(),
                                   .recipe = ticket.recipe(),
                                   .needs = {},
                                   .batches = ticket.recipe().prune.signal_batches,
                                   .seed = ticket.seed()});
}

std::vector<float> UnitActivations::of(const CoupledUnit& unit) const {
    for (const WeightSlice& slice : unit.slices) {
        const auto axis = input_axes_.find(slice.weight);
        const auto inputs = inputs_.find(slice.weight);
        if (axis == input_axes_.end() || axis->second != slice.axis || inputs == inputs_.end()) continue;
        if (inputs->second.inputs != slice.size) continue;
        std::vector<float> values;
        for (const std::int64_t index : slice.indices) {
            const auto row = inputs->second.row(index);
            values.insert(values.end(), row.begin(), row.end());
        }
        return values;
    }
    return {};
}

std::vector<double> correlations(const surgery::Matching::Kind& kind, const UnitActivations& a,
                                 const UnitActivations& b) {
    std::vector<std::vector<float>> ours;
    std::vector<std::vector<float>> theirs;
    for (const CoupledUnit* unit : kind.units) {
        ours.push_back(a.of(*unit));
        theirs.push_back(b.of(*unit));
        if (ours.back().empty()) return {};
    }
    std::vector<double> worth;
    for (const auto& x : ours) {
        for (const auto& y : theirs) worth.push_back(train::correlation(x, y));
    }
    return worth;
}

}  // namespace espalier::lottery
