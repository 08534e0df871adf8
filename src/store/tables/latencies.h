// Latencies in the table of that name.
#pragma once

#include "espalier/store.h"
#include "store/sqlite.h"

namespace espalier::store {

/// Inside a transaction of the caller.
void write_latency(Database& database, const Latency& latency);
std::vector<Latency> read_latencies(Database& database);

}  // namespace espalier::store
