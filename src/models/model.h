// A built-in network: one file each in models/networks.
#pragma once

#include "base/table.h"
#include "espalier/models.h"

namespace espalier::models {

struct Model {
    std::string_view name;
    std::string_view summary;
    Graph (*build)(const Options& options);
};

const Table<Model>& networks();

}  // namespace espalier::models
