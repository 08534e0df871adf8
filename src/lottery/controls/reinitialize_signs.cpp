// The ticket's mask on fresh magnitudes under the ticket's own initial signs (Zhou et al. 2019,
// "Deconstructing Lottery Tickets"): shows whether the signs are what a ticket keeps.
//   w = sign(w_0) |w'|, w' fresh
#include <fmt/format.h>

#include <cmath>

#include "base/hash.h"
#include "lottery/control.h"

namespace espalier::lottery::controls_::reinitialize_signs_ {
namespace {

Start start(Ticket& ticket) {
    const std::uint64_t seed =
        hash_u64(fmt::format("reinitialize-signs/level {}", ticket.level()), ticket.seed());
    Start out{.weights = ticket.fresh(seed), .masks = ticket.masks()};
    const Weights initial = ticket.initial();
    for (const auto& [name, mask] : out.masks) {
        const auto signs = initial.at(name).f32();
        const auto values = out.weights.at(name).f32();
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::copysign(values[i], signs[i]);
    }
    return out;
}

}  // namespace

extern const Control reinitialize_signs{
    .name = "reinitialize-signs",
    .summary = "the ticket's mask on fresh weights with the ticket's initial signs",
    .label = "Reinitialised, same signs",
    .position = 15,
    .steps = whole_training,
    .start = start};

}  // namespace espalier::lottery::controls_::reinitialize_signs_
