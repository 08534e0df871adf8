// Sensitivities in the table of that name.
#pragma once

#include "espalier/store.h"
#include "store/sqlite.h"

namespace espalier::store {

/// Instead of all there were, inside a transaction of the caller.
void write_sensitivities(Database& database, const std::vector<Sensitivity>& points);
std::vector<Sensitivity> read_sensitivities(Database& database);

}  // namespace espalier::store
