// How often: how the way to the goal is divided into rounds.
#pragma once

#include <string_view>

#include "base/table.h"
#include "espalier/prune.h"

namespace espalier::prune {

struct Spacing {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;  // of the share cut after round r of n
    /// `settings` are checked.
    Target (*target)(const RoundSettings& settings, std::int64_t round) = nullptr;
};

/// The files of prune/spacings.
const Table<Spacing>& spacings();

}  // namespace espalier::prune
