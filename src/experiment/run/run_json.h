// A run for machines: what `--json` prints at its end.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "espalier/store.h"

namespace espalier::experiment {

nlohmann::ordered_json to_json(const store::Run& run, const std::filesystem::path& report);

}  // namespace espalier::experiment
