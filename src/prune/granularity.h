// What is cut: a granularity divides a tensor into units that are kept or cut as a whole.
#pragma once

#include <string_view>

#include "base/table.h"
#include "espalier/prune.h"

namespace espalier::prune {

struct Granularity {
    std::string_view name;
    std::string_view summary;
};

/// The files of prune/granularities.
const Table<Granularity>& granularities();

}  // namespace espalier::prune
