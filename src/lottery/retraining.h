// What happens to the survivors after a cut. One file in retraining/ each.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/table.h"

namespace espalier::lottery {

struct RetrainingSteps {
    std::int64_t weights = 0;   // survivors take the values they had after this many steps
    std::int64_t schedule = 0;  // and training goes on from this step of data order and learning rate
};

struct Retraining {
    std::string_view name;
    std::string_view summary;
    /// `to` is retrain.to in steps, `end` the last step of training.
    RetrainingSteps (*steps)(std::int64_t to, std::int64_t end);
};

const Table<Retraining>& retraining();

}  // namespace espalier::lottery
