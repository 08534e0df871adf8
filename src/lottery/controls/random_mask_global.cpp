// The ticket's own rewound weights under a random mask that keeps as many of the whole network, layers as it
// happens: shows whether how many each layer keeps matters.
#include <fmt/format.h>

#include "lottery/control.h"
#include "lottery/pruning/random_mask.h"

namespace espalier::lottery::controls_::random_mask_global_ {
namespace {

Start start(Ticket& ticket) {
    const prune::MaskSet masks = ticket.masks();
    Random random(ticket.seed(), fmt::format("random-mask-global/level {}", ticket.level()));
    const prune::Mask all = random_kept({masks.count()}, masks.kept(), random);
    Start out{.weights = ticket.survivors(), .masks = {}};
    std::int64_t at = 0;
    for (const auto& [name, mask] : masks) {
        prune::Mask own(mask.shape(), false);
        for (std::int64_t i = 0; i < own.count(); ++i) own.set(i, all[at++]);
        out.masks.insert(name, std::move(own));
    }
    return out;
}

}  // namespace

extern const Control random_mask_global{
    .name = "random-mask-global",
    .summary = "rewound weights under a random mask, as many kept in the whole network",
    .label = "Random mask, global",
    .position = 11,
    .chance = store::Chance::mask,
    .steps = as_the_ticket,
    .start = start,
    .draws_weights = true};

}  // namespace espalier::lottery::controls_::random_mask_global_
