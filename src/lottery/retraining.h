// What happens after a cut: three independent choices, when the mask is taken (prune.at), which values the
// survivors take, and which part of the schedule they train through. One file in retraining/ each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/recipe.h"

namespace espalier::lottery {

/// Lengths of a recipe in steps.
struct RetrainingLengths {
    std::int64_t to = 0;      // retrain.to
    std::int64_t end = 0;     // of the dense training
    std::int64_t length = 0;  // retrain.steps; 0: as much as rewinding to `to` would train
};

inline RetrainingLengths retraining_lengths(const Recipe& recipe, std::int64_t steps_per_epoch) {
    return {.to = recipe.retrain.to.steps(steps_per_epoch),
            .end = recipe.train.steps.steps(steps_per_epoch),
            .length = recipe.retrain.steps.steps(steps_per_epoch)};
}

struct RetrainingPlan {
    enum class Survivors : std::uint8_t {
        rewound,    // the dense network's values after `step` steps
        as_pruned,  // what they were when the mask was taken
        fresh       // initial values of another seed
    } survivors = Survivors::rewound;
    std::int64_t step = 0;        // of `rewound`
    std::int64_t first_step = 0;  // data order and learning rate go on from here; behind the end of the
    std::int64_t last_step = 0;   // schedule the learning rate stays what it was last
};

struct Retraining {
    std::string_view name;
    std::string_view summary;
    /// `level` from 1.
    RetrainingPlan (*plan)(const RetrainingLengths& lengths, int level);
    bool trains = true;
    std::span<const ReadKey> reads = {};
};

const Table<Retraining>& retraining();

}  // namespace espalier::lottery
