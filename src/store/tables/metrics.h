// What a recipe's metrics say of each stage: table metrics, which comes with the first one, so that stores of
// before stay what they are.
#pragma once

#include <string>
#include <vector>

#include "espalier/store.h"
#include "store/sqlite.h"

namespace espalier::store {

/// Inside a transaction of the caller. Replaces those of the stage's hash.
void write_metrics(Database& database, const Stage& stage);
std::vector<MetricValue> read_metrics(Database& database, const std::string& hash);

}  // namespace espalier::store
