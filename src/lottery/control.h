// A control trains something that a ticket should beat, under the ticket's own conditions. One file in
// controls/ each.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/table.h"
#include "espalier/graph.h"
#include "espalier/mask.h"

namespace espalier::lottery {

/// The ticket that a control stands against.
struct Ticket {
    const prune::MaskSet& masks;
    const Weights& rewound;  // dense weights at the rewind step
    int level = 0;
    std::uint64_t seed = 0;  // of the replicate
    /// The network with initial weights of another seed.
    Weights (*initialize)(const void* context, std::uint64_t seed) = nullptr;
    const void* context = nullptr;
};

/// Where a training begins.
struct Start {
    Weights weights;
    prune::MaskSet masks;
};

struct Control {
    std::string_view name;
    std::string_view summary;
    bool rewinds = false;  // starts at the ticket's rewind step rather than at step 0
    Start (*start)(const Ticket& ticket);
};

const Table<Control>& controls();

}  // namespace espalier::lottery
