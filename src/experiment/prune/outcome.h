// What pruning and retraining came to: the network before and after, in the figures that count.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "espalier/experiment.h"
#include "espalier/recipe.h"
#include "espalier/store.h"
#include "espalier/surgery.h"

namespace espalier::experiment {

/// "102,146 KB (14,300 KB as pruned.onnx.zst)".
std::string size_text(const Written& written);

/// What --store f16 came to; "" where nothing is stored so.
std::string halves_text(const Written& written);

/// "passes took out: identity 2 nodes in 0.1 ms, ...", with a hint where a later training would want them; ""
/// if they took out nothing.
std::string describe(const std::vector<surgery::PassResult>& passes);
nlohmann::ordered_json to_json(const std::vector<surgery::PassResult>& passes);

/// Dense against the last level of the ticket: accuracy, metrics, weights, bytes, multiply-adds, latency as
/// `bench` asks for it (dense is timed in turn with that level). "" or null for a run without pruned levels.
std::string outcome_table(const store::Run& run, const Recipe::Bench& bench, std::size_t width);
nlohmann::ordered_json outcome_json(const store::Run& run, const Recipe::Bench& bench);

}  // namespace espalier::experiment
