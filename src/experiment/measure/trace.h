// Runs as a timeline that chrome://tracing and Perfetto (https://ui.perfetto.dev) show.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "espalier/runtime.h"

namespace espalier::experiment {

/// The traced runs of `result` one after another in the Trace Event Format: a complete event ("ph": "X", in
/// microseconds) for each run and, inside it, one for each step, named by its layers, with what they are,
/// which kernel runs them on how many threads, and why.
nlohmann::ordered_json chrome_trace(const runtime::BenchResult& result, const std::string& model);

}  // namespace espalier::experiment
