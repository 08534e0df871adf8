// When pruning happens in a run.
#pragma once

#include <string_view>

#include "base/table.h"

namespace espalier::prune {

struct Schedule {
    std::string_view name;
    std::string_view summary;
};

/// The files of prune/schedules.
const Table<Schedule>& schedules();

}  // namespace espalier::prune
