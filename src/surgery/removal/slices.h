// Elements of a slice of a weight.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "graph/coupling/axis_groups.h"

namespace espalier::surgery {

/// Calls body(position) for every element of a slice of a tensor of this shape.
template <class Body>
void each_element(const Shape& shape, const WeightSlice& slice, const Body& body) {
    std::int64_t inner = 1;
    for (std::size_t d = slice.axis + 1; d < shape.size(); ++d) inner *= shape[d];
    const std::int64_t size = shape[slice.axis];
    const std::int64_t outer = element_count(shape) / std::max<std::int64_t>(size * inner, 1);
    for (std::int64_t i = 0; i < outer; ++i) {
        for (const std::int64_t index : slice.indices) {
            for (std::int64_t k = 0; k < inner; ++k)
                body(static_cast<std::size_t>((i * size + index) * inner + k));
        }
    }
}

}  // namespace espalier::surgery
