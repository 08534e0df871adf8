// `espalier bench --against`: two networks timed in turn.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "espalier/runtime.h"

namespace espalier::experiment {

struct Against {
    runtime::InTurn other, own;  // own.share is of the other's time
};

/// Of `graph` and of `other`, compiled as `options` say, each on inputs of its own; `options.shapes` are of
/// the inputs of both. Throws as runtime::benchmark() does.
Against time_against(Graph graph, Graph other, std::int64_t batch, int threads, double seconds,
                     const runtime::BenchOptions& options);

std::string to_text(const Against& against, const std::string& name, const std::string& other);
nlohmann::ordered_json to_json(const Against& against);

}  // namespace espalier::experiment
