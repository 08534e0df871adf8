// A way to prune trees: what goes, by what the data say. One file in methods/ each.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "trees/grown/grown.h"

namespace espalier::trees {

/// What a method decides on. `held_out`: rows that the trees' statistics have not seen, null where none are.
struct Evidence {
    const Examples& examples;  // of `grown`
    const Examples* held_out = nullptr;
    /// Called now and then; throws Interrupted where the work is to stop. None: it runs to its end.
    std::function<void()> pause = {};
    /// Rows made up of `examples`, which the amounts that are tried share; empty until one asks for them.
    mutable std::shared_ptr<const Examples> synthetic = {};
};

/// Nodes that become leaves, what each tree is multiplied by, and what leaves say in place of Grown::values;
/// each may be empty.
struct Decision {
    std::vector<std::uint8_t> cut = {};
    std::vector<double> tree_weights = {};
    std::vector<double> values = {};  // [nodes][outputs]
    std::vector<Side> sides = {};     // [nodes]: tests that go, a side of them in their place
};

inline Ensemble pruned(const Grown& grown, const Decision& decision) {
    return pruned(grown, decision.cut, decision.tree_weights, decision.values, decision.sides);
}

struct Method {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    std::string_view source;
    std::string_view amount;         // what its number is: "alpha", "trees"
    std::string_view note = {};      // what whoever uses the result must know
    bool needs_classes = false;      // else targets may be numbers, too
    bool needs_predictions = false;  // of trees that each predict by themselves, as in a forest
    bool needs_held_out = false;
    Decision (*decide)(const Grown& grown, const Evidence& evidence, double amount) = nullptr;
    /// The amounts among which validation chooses, from what prunes least to what prunes most.
    std::vector<double> (*amounts)(const Grown& grown, const Evidence& evidence) = nullptr;
};

/// The files of methods/.
const Table<Method>& methods();

/// At most `most` of the amounts, evenly by their places, the first and the last among them.
std::vector<double> thinned(std::vector<double> amounts, std::size_t most);

}  // namespace espalier::trees
