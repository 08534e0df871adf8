// The ticket's mask on fresh initial weights (Frankle & Carbin 2019, "random reinitialization"): shows
// whether the structure alone makes the ticket. It has no early training to go back to, so it trains from
// step 0.
#include <fmt/format.h>

#include "base/hash.h"
#include "lottery/control.h"

namespace espalier::lottery::controls_::reinitialize_ {
namespace {

Start start(Ticket& ticket) {
    const std::uint64_t seed = hash_u64(fmt::format("reinitialize/level {}", ticket.level()), ticket.seed());
    return {.weights = ticket.fresh(seed), .masks = ticket.masks()};
}

}  // namespace

extern const Control reinitialize{.name = "reinitialize",
                                  .summary = "the ticket's mask on fresh initial weights",
                                  .label = "Reinitialised",
                                  .position = 1,
                                  .chance = store::Chance::weights,
                                  .steps = whole_training,
                                  .start = start};

}  // namespace espalier::lottery::controls_::reinitialize_
