// The ticket's own rewound weights under a mask cut from the initial weights, before any training: shows
// whether training is needed to find the mask.
#include "lottery/control.h"

namespace espalier::lottery::controls_::initial_mask_ {
namespace {

Start start(Ticket& ticket) { return {.weights = ticket.survivors(), .masks = ticket.cut(ticket.initial())}; }

}  // namespace

extern const Control initial_mask{.name = "initial-mask",
                                  .summary = "rewound weights under a mask cut from the initial weights",
                                  .label = "Mask of initial weights",
                                  .position = 14,
                                  .steps = as_the_ticket,
                                  .start = start,
                                  .cuts = Control::Cuts::untrained};

}  // namespace espalier::lottery::controls_::initial_mask_
