// A cut of coupled units, as prune.remove takes them out: channels, neurons and heads with all that goes with
// them.
#pragma once

#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/prune.h"
#include "espalier/recipe.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::lottery {

/// What is cut from.
struct UnitCut {
    const Recipe& recipe;
    const AxisGroups& groups;
    std::vector<prune::Candidate> weights;  // all prunable ones, with signals
    const prune::MaskSet& current;
    std::uint64_t seed = 0;
};

struct UnitMasks {
    prune::MaskSet masks;  // every unit whole or gone
    std::vector<std::string> notes;
};

/// Masks under which units are gone to `target`: a share of the units (layer-wise) or of their weights
/// (global), or so many weights or multiply-adds of the network left, as near as whole units come. Throws
/// InvalidArgument, for a target in weights or multiply-adds that cannot be met with the nearest, and
/// InvalidModel where nothing can go.
UnitMasks cut_units(const UnitCut& what, const prune::Target& target);

/// As many units of every group at random as `current` has gone.
UnitMasks random_units(const UnitCut& what);

}  // namespace espalier::lottery
