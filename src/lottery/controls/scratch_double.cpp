// From scratch with the same compute (Liu et al. 2019, "Rethinking the Value of Network Pruning", Scratch-B):
// the ticket's mask on fresh initial weights, trained twice as long, the longest that paper goes. Behind the
// end of the schedule the learning rate stays what it was last.
#include <fmt/format.h>

#include "base/hash.h"
#include "lottery/control.h"

namespace espalier::lottery::controls_::scratch_double_ {
namespace {

StepRange steps(const RetrainingPlan&, std::int64_t end) { return {0, 2 * end}; }

Start start(Ticket& ticket) {
    const std::uint64_t seed =
        hash_u64(fmt::format("scratch-double/level {}", ticket.level()), ticket.seed());
    return {.weights = ticket.fresh(seed), .masks = ticket.masks()};
}

}  // namespace

extern const Control scratch_double{.name = "scratch-double",
                                    .summary = "the ticket's mask on fresh weights, trained twice as long",
                                    .label = "From scratch, twice as long",
                                    .position = 19,
                                    .steps = steps,
                                    .start = start};

}  // namespace espalier::lottery::controls_::scratch_double_
