// The ticket's own rewound weights under a random mask that keeps as many in every layer: shows whether the
// choice of weights matters, beyond how many each layer keeps. Where units are removed, random units.
#include <fmt/format.h>

#include "lottery/control.h"
#include "lottery/pruning/random_mask.h"

namespace espalier::lottery::controls_::random_mask_ {
namespace {

Start start(Ticket& ticket) {
    Start out{.weights = ticket.survivors(), .masks = {}};
    if (ticket.removes()) {
        out.masks = ticket.random_units();
        return out;
    }
    for (const auto& [name, mask] : ticket.masks()) {
        Random random(ticket.seed(), fmt::format("random-mask/level {}/{}", ticket.level(), name));
        out.masks.insert(name, random_kept(mask.shape(), mask.kept(), random));
    }
    return out;
}

}  // namespace

extern const Control random_mask{.name = "random-mask",
                                 .summary = "rewound weights under a random mask, as many kept in each layer",
                                 .label = "Random mask",
                                 .position = 2,
                                 .chance = store::Chance::mask,
                                 .steps = as_the_ticket,
                                 .start = start};

}  // namespace espalier::lottery::controls_::random_mask_
