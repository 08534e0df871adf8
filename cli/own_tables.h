// The tables that need no trainer.
#pragma once

#include <vector>

#include "cli/listing.h"

namespace espalier::cli {

std::vector<Listing> own_tables();

}  // namespace espalier::cli
