// prune.permute of a recipe: the order in which the units of a search's network lie, so that the groups that
// it cuts fill up (surgery/permutation/permutation.h).
//
// One order serves a whole search. A group that is gone must stay a group, and a second order would tear it
// apart, so it is found before the first round, for what the last one leaves. It is a symmetry of the
// network: weights of any step of the dense training, moved by it, are the same network, so tickets begin
// with the moved weights of step k, and rewinding, controls and stability mean what they mean without it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/recipe.h"
#include "tensor/axis_order.h"

namespace espalier::lottery {

struct SearchOrder {
    AxisOrders axes = {};       // empty: as the dense network lies
    std::string said = {};      // of the magnitude that is kept, a line
    std::string metadata = {};  // of a ticket's file; "": nothing was moved
};

/// For the network with these weights, by magnitude whatever the criterion. Proved on examples of the data
/// set: throws BadRecipe at prune.permute where outputs differ by more than rounding.
SearchOrder find_order(const Recipe& recipe, Graph graph, const Weights& weights,
                       const data::Dataset& dataset, std::uint64_t seed);

void save(const std::filesystem::path& path, const SearchOrder& order);
/// Throws IoError, BadData.
SearchOrder load_order(const std::filesystem::path& path);

}  // namespace espalier::lottery
