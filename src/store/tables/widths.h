// How wide each layer is at a stage of a run that removes what it cuts: table widths, which comes with the
// first one, so that stores of before stay what they are.
#pragma once

#include "espalier/store.h"
#include "store/sqlite.h"

namespace espalier::store {

/// Inside a transaction of the caller. Replaces those of the stage's hash.
void write_widths(Database& database, const Stage& stage);
/// Into the layers of a stage that have been read.
void read_widths(Database& database, Stage& stage);

}  // namespace espalier::store
