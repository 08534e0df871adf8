// Stages in the tables stages, layers and evaluations.
#pragma once

#include "espalier/store.h"
#include "store/sqlite.h"

namespace espalier::store {

/// Inside a transaction of the caller.
void write_stage(Database& database, const Stage& stage);
std::optional<Stage> read_stage(Database& database, const std::string& hash);
std::vector<Stage> read_stages(Database& database);

}  // namespace espalier::store
