// What pruning and retraining came to: the network before and after, in the figures that count.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "espalier/recipe.h"
#include "espalier/store.h"
#include "espalier/surgery.h"

namespace espalier::cli {

/// A network written to be run, and what the passes over it did.
struct Written {
    std::filesystem::path path;
    std::uintmax_t bytes = 0;
    std::vector<surgery::PassResult> passes = {};
};

/// Makes the network smaller by all passes but those in `without`, and writes it.
Written write_to_run(Graph graph, const std::filesystem::path& path, const std::vector<std::string>& without);

/// "passes took out: identity 2 nodes in 0.1 ms, ...", with a hint where a later training would want them; ""
/// if they took out nothing.
std::string describe(const std::vector<surgery::PassResult>& passes);
nlohmann::ordered_json to_json(const std::vector<surgery::PassResult>& passes);

/// The ticket of the last level, of the replicate with the best validation accuracy. Throws BadData if there
/// is none.
std::filesystem::path last_ticket(const store::Run& run);

/// Dense against the last level of the ticket: accuracy, metrics, weights, bytes, multiply-adds, latency as
/// `bench` asks for it (dense is timed in turn with that level). "" or null for a run without pruned levels.
std::string outcome_table(const store::Run& run, const Recipe::Bench& bench, std::size_t width);
nlohmann::ordered_json outcome_json(const store::Run& run, const Recipe::Bench& bench);

}  // namespace espalier::cli
