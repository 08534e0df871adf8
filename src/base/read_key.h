// Keys of a recipe that an entry of a table reads, so that a key which nobody reads can be refused.
#pragma once

#include <span>
#include <string_view>

namespace espalier {

struct ReadKey {
    std::string_view key;                            // "train.milestones"
    std::string_view with = "";                      // read only where this key is set too,
    std::span<const std::string_view> without = {};  // and none of these
    bool needed = false;                             // without it the entry does nothing of its own
};

}  // namespace espalier
