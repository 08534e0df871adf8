// The ticket's own rewound weights under the mask of another replicate, whose dense network is permuted to be
// like this one's first: the same as to train that replicate's ticket from this initialisation, its mask
// permuted along. Shows whether a mask belongs to its initial weights, or to their place among the symmetries
// of the network; other-mask is the same without the permutation.
//   P = argmax <theta, P theta_other> (surgery/permutation/matching.h),  mask = P mask_other
// Adnan et al. 2025, "Sparse Training from Random Initialization: Aligning Lottery Ticket Masks using Weight
// Symmetry"; the matching is that of Ainsworth et al. 2022, "Git Re-Basin".
#include <fmt/format.h>

#include "lottery/control.h"
#include "surgery/permutation/matching.h"

namespace espalier::lottery::controls_::matched_mask_ {
namespace {

Start start(Ticket& ticket) {
    surgery::Matching matching(ticket.graph());
    const Weights own = ticket.dense();
    const Weights other = ticket.other_dense();
    const double before = matching.likeness(own, other);
    matching.match_weights(own, other);
    ticket.note(
        fmt::format("matched-mask at level {}: cosine of the two dense networks {:.3f} before the "
                    "permutation, {:.3f} after it",
                    ticket.level(), before, matching.likeness(own, other)));
    return {.weights = ticket.survivors(), .masks = matching.moved(ticket.other_masks())};
}

}  // namespace

extern const Control matched_mask{
    .name = "matched-mask",
    .summary = "rewound weights under another replicate's mask, permuted to fit",
    .label = "Another's mask, matched",
    .position = 22,
    .steps = as_the_ticket,
    .start = start,
    .needs_other_replicate = true,
    .moves_units = true};

}  // namespace espalier::lottery::controls_::matched_mask_
