// What of a network could go by itself, and what not and why, as text and JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::experiment {

struct GroupList {
    struct Entry {
        std::string name;             // the first weight whose outputs they are
        std::int64_t units = 0;       // channels, neurons, heads
        std::int64_t parameters = 0;  // of one unit, of all tensors
        std::string refused = {};     // why none can go
    };
    std::vector<Entry> groups;
    std::int64_t parameters = 0;  // of the network
    std::int64_t removable = 0;   // of these, that lie in a unit that can go, or in several
};

/// Of an ONNX file as `prune --remove` sees it; open dimensions beside the batch need `shapes`.
GroupList groups_of(const std::filesystem::path& model, const std::map<std::string, Shape>& shapes);

/// In `width` columns, 0: as many as it takes.
std::string to_text(const GroupList& list, std::size_t width);
nlohmann::ordered_json to_json(const GroupList& list);

}  // namespace espalier::experiment
