// Where the budget is spent: a scope divides what is to be cut among the layers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "espalier/prune.h"

namespace espalier::prune {

/// What a scope knows of one layer.
struct LayerBudget {
    std::int64_t count = 0;          // weights
    std::int64_t left = 0;           // of them, not pruned yet
    std::optional<double> own = {};  // Request::layer_targets
};

/// Layers whose weights compete with each other, and how many of them go.
struct Pool {
    std::vector<std::size_t> layers = {};
    std::int64_t cut = 0;
};

struct Scope {
    std::string_view name;
    std::string_view summary;
    /// Whether layers may have targets of their own.
    bool own_targets = false;
    std::vector<Pool> (*spend)(const std::vector<LayerBudget>& layers, const Target& target) = nullptr;
};

/// The files of prune/scopes.
const Table<Scope>& scopes();

}  // namespace espalier::prune
