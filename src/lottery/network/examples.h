// Parts of a split.
#pragma once

#include "espalier/data.h"

namespace espalier::lottery {

/// `count` examples from `begin` on, or as many as there are.
data::Examples examples_from(const data::Examples& examples, std::int64_t begin, std::int64_t count);

/// `count` examples drawn at random without repetition, in stored order. `count` is at most what there is.
data::Examples drawn(const data::Examples& examples, std::int64_t count, std::uint64_t seed);

}  // namespace espalier::lottery
