#include <fmt/format.h>

#include "espalier/surgery.h"
#include "lottery/control.h"
#include "lottery/stage/stage_files.h"

namespace espalier::lottery {

Weights Ticket::dense() const { return context_.read(context_.stage().dense, kWeights); }

Weights Ticket::fresh(std::uint64_t seed) const { return context_.fresh(seed); }

prune::MaskSet Ticket::all_kept() const {
    return surgery::all_kept(context_.graph(), context_.recipe().prune.include);
}

prune::MaskSet Ticket::cut(const Weights& weights) {
    return context_.cut(weights, all_kept(), nullptr, 1, level());
}

prune::MaskSet Ticket::cut_towards(const Weights& weights, const prune::MaskSet& masks, double progress) {
    return context_.pruner().cut_towards(
        {.weights = weights, .masks = masks, .initial = initial(), .movement = nullptr}, this->masks(),
        progress, fmt::format("level {}", level()));
}

Weights Ticket::other_dense() const {
    return context_.read(context_.stage(context_.stage().other).dense, kWeights);
}

prune::MaskSet Ticket::random_units() {
    return context_.pruner().random_units(masks(), fmt::format("random-mask/level {}", level()));
}

}  // namespace espalier::lottery
