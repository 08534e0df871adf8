// Stages in the tables stages, layers and evaluations.
#pragma once

#include "espalier/store.h"
#include "store/sqlite.h"

namespace espalier::store {

/// Inside a transaction of the caller. What was measured of a ticket at its place goes, unless it is
/// `same_weights` and has the same hash.
void write_stage(Database& database, const Stage& stage, bool same_weights);
std::optional<Stage> read_stage(Database& database, const std::string& hash);
std::vector<Stage> read_stages(Database& database);

}  // namespace espalier::store
