// Indices that count from behind where they are negative.
#pragma once

#include <fmt/format.h>

#include "graph/evaluation.h"

namespace espalier {

/// `index` counted from the front. Throws InvalidModel unless it is in [-size, size).
inline std::int64_t checked_index(const Evaluation& e, std::int64_t index, std::int64_t size) {
    if (index < -size || index >= size) e.fail(fmt::format("index {} in a dimension of {}", index, size));
    return index < 0 ? index + size : index;
}

}  // namespace espalier
