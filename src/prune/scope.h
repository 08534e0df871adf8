// Where the budget is spent: a scope divides what is to be cut among the layers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/prune.h"
#include "prune/ranking/unit_scores.h"

namespace espalier::prune {

/// What a scope knows of one layer.
struct LayerBudget {
    std::string name;
    Shape shape = {};
    std::int64_t count = 0;          // weights
    std::int64_t left = 0;           // of them, not pruned yet
    double macs = 1;                 // of one weight
    std::optional<double> own = {};  // Request::layer_targets
    const std::vector<SensitivityPoint>* sensitivity = nullptr;
    const UnitScores* scores = nullptr;
};

/// Layers whose units compete with each other, and what goes of them: weights, or multiply-adds.
struct Pool {
    std::vector<std::size_t> layers = {};
    double cut = 0;
    bool in_macs = false;
};

struct Scope {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    std::string_view source;
    /// Layers may have targets of their own.
    bool own_targets = false;
    /// The target may be left out: own targets say all.
    bool target_optional = false;
    /// Units compete with those of the same output only, and each output loses its share.
    bool within_outputs = false;
    std::span<const ReadKey> reads = {};
    std::vector<Pool> (*spend)(const std::vector<LayerBudget>& layers, const Target& target,
                               int threads) = nullptr;
};

/// The files of prune/scopes.
const Table<Scope>& scopes();

}  // namespace espalier::prune
