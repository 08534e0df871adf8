// What would have made the layers of a network faster that run dense: measured, not guessed.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "espalier/experiment.h"

namespace espalier::experiment {

struct WouldPay {
    std::string granularity;
    double sparsity = 0;
    double us = 0, dense_us = 0;
    bool operator==(const WouldPay&) const = default;
};

/// Of the layers of `now` that run dense, by name: the least that pays, by sparsity (80, 90, 95 %), then by
/// how small the groups are (element, 4x1, 16x1). Each is cut by magnitude and timed. A layer that nothing
/// makes faster is not there.
std::map<std::string, WouldPay> would_pay(const Graph& graph, const runtime::BenchResult& now,
                                          const std::map<std::string, Shape>& shapes,
                                          const Watch& watch = {});

/// "4x1 at 80 % would take 81 µs instead of 120 µs"
std::string to_text(const WouldPay& one);
nlohmann::ordered_json to_json(const WouldPay& one);

}  // namespace espalier::experiment
