// What a run came to, as text and JSON: what its verb prints at its end.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "espalier/experiment.h"

namespace espalier::experiment {

struct Summary {
    const store::Run& run;
    Recipe::Bench bench;  // where latency was measured
    std::filesystem::path report;
    bool is_prune = false;                // with before and after of the last level
    std::optional<Written> written = {};  // the last level's ticket, made to be run
};

/// Tables in `width` columns, 0: as many as it takes.
std::string to_text(const Summary& summary, std::size_t width);
nlohmann::ordered_json to_json(const Summary& summary);

}  // namespace espalier::experiment
