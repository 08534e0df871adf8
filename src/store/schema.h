// The tables of run.sqlite, and how a file is known to be one.
#pragma once

#include <string>

#include "store/sqlite.h"

namespace espalier::store {

/// Grows whenever a table changes its meaning; a store of another version is refused, not guessed at.
inline constexpr int kStoreVersion = 3;

/// False for an empty database, as a process leaves that dies before its first commit. Throws BadData for
/// another program's database or another version.
bool has_schema(Database& database);

/// Inside a transaction of the caller.
void make_schema(Database& database, const std::string& recipe);

std::string read_recipe(Database& database);

}  // namespace espalier::store
