// The ticket's own rewound weights under the mask of the same level in another replicate: shows whether a
// mask belongs to its initial weights.
#include "lottery/control.h"

namespace espalier::lottery::controls_::other_mask_ {
namespace {

Start start(Ticket& ticket) { return {.weights = ticket.survivors(), .masks = ticket.other_masks()}; }

}  // namespace

extern const Control other_mask{.name = "other-mask",
                                .summary = "rewound weights under the mask of another replicate",
                                .label = "Another replicate's mask",
                                .position = 13,
                                .steps = as_the_ticket,
                                .start = start,
                                .needs_other_replicate = true};

}  // namespace espalier::lottery::controls_::other_mask_
