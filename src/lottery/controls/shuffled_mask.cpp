// The ticket's own rewound weights under the ticket's mask with the outputs of each layer in another order,
// and within each output the places too: every output keeps as many weights as some output of the ticket.
// Shows whether where in the row they lie matters, beyond how many each output has (Frankle et al. 2021,
// "Pruning Neural Networks at Initialization: Why Are We Missing the Mark?", whose shuffle is that of
// random-mask).
#include <fmt/format.h>

#include "espalier/surgery.h"
#include "lottery/control.h"
#include "lottery/pruning/random_mask.h"

namespace espalier::lottery::controls_::shuffled_mask_ {
namespace {

/// Rows are slices of the first dimension.
prune::Mask shuffle(const prune::Mask& mask, Random& random) {
    const std::int64_t rows = mask.shape().front();
    const std::int64_t width = mask.count() / rows;
    const auto order = random_permutation(static_cast<std::uint32_t>(rows), random);
    prune::Mask out(mask.shape(), false);
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t from = order[static_cast<std::size_t>(row)];
        std::int64_t kept = 0;
        for (std::int64_t i = 0; i < width; ++i) kept += mask[from * width + i] ? 1 : 0;
        const prune::Mask places = random_kept({width}, kept, random);
        for (std::int64_t i = 0; i < width; ++i) out.set(row * width + i, places[i]);
    }
    return out;
}

Start start(Ticket& ticket) {
    Start out{.weights = ticket.survivors(), .masks = {}};
    for (const auto& [name, mask] : ticket.masks()) {
        Random random(ticket.seed(), fmt::format("shuffled-mask/level {}/{}", ticket.level(), name));
        out.masks.insert(name, shuffle(mask, random));
    }
    return out;
}

}  // namespace

extern const Control shuffled_mask{
    .name = "shuffled-mask",
    .summary = "rewound weights under the ticket's mask, shuffled within each layer by rows",
    .label = "Shuffled mask",
    .position = 12,
    .chance = store::Chance::mask,
    .steps = as_the_ticket,
    .start = start,
    .draws_weights = true};

}  // namespace espalier::lottery::controls_::shuffled_mask_
