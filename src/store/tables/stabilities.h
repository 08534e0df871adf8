// The table of stability measurements.
#pragma once

#include <vector>

#include "espalier/store.h"
#include "store/sqlite.h"

namespace espalier::store {

void write_stability(Database& database, const Stability& stability);
std::vector<Stability> read_stabilities(Database& database);

}  // namespace espalier::store
