// The ticket's own rewound weights under a random mask that keeps as many in every layer: shows whether the
// choice of weights matters, beyond how many each layer keeps.
#include <fmt/format.h>

#include "base/random.h"
#include "lottery/control.h"

namespace espalier::lottery::controls_ {
namespace {

Start start(const Ticket& ticket) {
    Start out{.weights = ticket.rewound, .masks = {}};
    for (const auto& [name, mask] : ticket.masks) {
        Random random(ticket.seed, fmt::format("random-mask/level {}/{}", ticket.level, name));
        const auto order = random_permutation(static_cast<std::uint32_t>(mask.count()), random);
        prune::Mask shuffled(mask.shape(), false);
        const auto kept = static_cast<std::size_t>(mask.kept());
        for (std::size_t i = 0; i < kept; ++i) shuffled.set(order[i], true);
        out.masks.insert(name, std::move(shuffled));
    }
    return out;
}

}  // namespace

extern const Control random_mask{.name = "random-mask",
                                 .summary = "rewound weights under a random mask, as many kept in each layer",
                                 .rewinds = true,
                                 .start = start};

}  // namespace espalier::lottery::controls_
