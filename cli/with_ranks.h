// What the processes of a launcher do together.
#pragma once

#include <filesystem>
#include <functional>

#include "train/ranks/ranks.h"

namespace espalier::cli {

/// Meets the other processes in the run's folder and calls `body` with them. Where it fails, the first of
/// them to fail throws why; the others end with code 1 and say nothing.
void with_ranks(const std::filesystem::path& folder, const std::function<void(train::Ranks&)>& body);

}  // namespace espalier::cli
