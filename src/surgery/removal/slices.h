// Elements of a slice of a weight.
#pragma once

#include <cstddef>
#include <cstdint>

#include "graph/coupling/axis_groups.h"

namespace espalier::surgery {

/// Calls body(position) for every element of a slice, in the order of memory.
template <class Body>
void each_element(const WeightSlice& slice, const Body& body) {
    for (std::int64_t i = 0; i < slice.outer; ++i) {
        for (const std::int64_t index : slice.indices) {
            for (std::int64_t k = 0; k < slice.inner; ++k)
                body(static_cast<std::size_t>((i * slice.size + index) * slice.inner + k));
        }
    }
}

}  // namespace espalier::surgery
