// What `espalier bench` shows of a network that was measured.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "espalier/runtime.h"

namespace espalier::experiment {

/// `model` is the file of the network, of which the size is told.
nlohmann::ordered_json to_json(const runtime::BenchResult& result, const std::filesystem::path& model);
/// In `width` columns, 0: as many as it takes.
std::string to_text(const runtime::BenchResult& result, const std::filesystem::path& model,
                    std::size_t width);

}  // namespace espalier::experiment
