// As matched-mask, with units matched by what they do instead of by their weights: the permutation of each
// kind of units is the assignment with the greatest sum of correlations of their activations, over training
// examples. Ainsworth et al. 2022, "Git Re-Basin", activation matching (Li et al. 2016, "Convergent
// Learning"); Adnan et al. 2025 for masks.
//   P_k = argmax sum_i corr(z_i, z_other,P(i))
#include <fmt/format.h>

#include "lottery/control.h"
#include "lottery/matching/unit_activations.h"
#include "surgery/permutation/matching.h"

namespace espalier::lottery::controls_::activation_matched_mask_ {
namespace {

Start start(Ticket& ticket) {
    surgery::Matching matching(ticket.graph());
    const UnitActivations own(ticket, ticket.dense());
    const UnitActivations other(ticket, ticket.other_dense());
    std::int64_t left_out = 0;
    matching.match([&](const surgery::Matching::Kind& kind) {
        std::vector<double> worth = correlations(kind, own, other);
        left_out += worth.empty() ? 1 : 0;
        return worth;
    });
    if (left_out > 0)
        ticket.note(
            fmt::format("activation-matched-mask at level {}: {} of {} kinds of units stay where they "
                        "are, as no layer reads them one by one",
                        ticket.level(), left_out, matching.kinds().size()));
    return {.weights = ticket.survivors(), .masks = matching.moved(ticket.other_masks())};
}

constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};

}  // namespace

extern const Control activation_matched_mask{
    .name = "activation-matched-mask",
    .summary = "as matched-mask, with units matched by their activations",
    .label = "Another's mask, matched by activations",
    .position = 23,
    .steps = as_the_ticket,
    .start = start,
    .needs_other_replicate = true,
    .moves_units = true,
    .reads = kReads};

}  // namespace espalier::lottery::controls_::activation_matched_mask_
