// What of a trained ticket suffices to find it again: its mask, the signs of its weights, and the scales and
// shifts of its normalisation layers, all as they are at the end of training; magnitudes and the rest fresh.
//   w = sign(w_T) |w'|,  gamma = gamma_T,  beta = beta_T,  w' fresh
// Oh et al. 2025, "Find a Winning Sign"; Gadhikar et al. 2025, "Sign-In to the Lottery", who find the signs
// of trained weights sufficient. Running statistics are those of the new weights.
#include <fmt/format.h>

#include <cmath>

#include "base/hash.h"
#include "lottery/control.h"
#include "lottery/network/normalization.h"

namespace espalier::lottery::controls_::signs_and_norms_ {
namespace {

Start start(Ticket& ticket) {
    const std::uint64_t seed =
        hash_u64(fmt::format("signs-and-norms/level {}", ticket.level()), ticket.seed());
    Start out{.weights = ticket.fresh(seed), .masks = ticket.masks()};
    const Weights trained = ticket.trained();
    for (const auto& [name, mask] : out.masks) {
        const auto signs = trained.at(name).f32();
        const auto values = out.weights.at(name).f32();
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::copysign(values[i], signs[i]);
    }
    const auto norms = normalization_parameters(ticket.graph());
    for (const std::string& name : norms) out.weights.at(name) = trained.at(name);
    if (norms.empty())
        ticket.note(fmt::format("signs-and-norms at level {}: there is no normalisation, signs alone",
                                ticket.level()));
    return out;
}

}  // namespace

extern const Control signs_and_norms{
    .name = "signs-and-norms",
    .summary = "the trained ticket's mask, signs and normalisation, fresh magnitudes",
    .label = "Trained signs and norms",
    .position = 21,
    .steps = whole_training,
    .start = start};

}  // namespace espalier::lottery::controls_::signs_and_norms_
