// What must be done before a stage can be.
#pragma once

#include <cstddef>
#include <vector>

#include "espalier/lottery.h"

namespace espalier::lottery {

/// The stages whose files `stage` reads, each once; without itself.
std::vector<std::size_t> needs_of(const std::vector<StageSpec>& stages, std::size_t stage);

}  // namespace espalier::lottery
