// What `espalier bench` shows of a network that was measured.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "espalier/runtime.h"
#include "experiment/granularity/would_pay.h"

namespace espalier::experiment {

/// What would make layers faster that run dense, by name; empty where it was not looked for.
using Paying = std::map<std::string, WouldPay>;

/// `model` is the file of the network, of which the size is told.
nlohmann::ordered_json to_json(const runtime::BenchResult& result, const std::filesystem::path& model,
                               const Paying& paying = {});
/// In `width` columns, 0: as many as it takes.
std::string to_text(const runtime::BenchResult& result, const std::filesystem::path& model, std::size_t width,
                    const Paying& paying = {});

}  // namespace espalier::experiment
