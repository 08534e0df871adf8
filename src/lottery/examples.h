// Parts of a split.
#pragma once

#include "espalier/data.h"

namespace espalier::lottery {

/// `count` examples from `begin` on, or as many as there are.
data::Examples examples_from(const data::Examples& examples, std::int64_t begin, std::int64_t count);

}  // namespace espalier::lottery
