// What a Slice takes of each dimension, read from a node by one rule for shapes and for execution.
#pragma once

#include <algorithm>
#include <limits>

#include "espalier/tensor.h"

namespace espalier {

/// `count` positions from `first` on, `step` apart.
struct SliceRange {
    std::int64_t first = 0;
    std::int64_t step = 1;
    std::int64_t count = 0;
};

/// Of a dimension of `size`, from `start` up to but without `end`, both counted from behind where negative
/// and cut at the dimension's ends. `step` is not 0.
inline SliceRange slice_range(std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
    const auto place = [&](std::int64_t at) {
        if (at < 0) at = at < -size ? -1 : at + size;  // -1: before the first
        return step > 0 ? std::clamp<std::int64_t>(at, 0, size) : std::clamp<std::int64_t>(at, -1, size - 1);
    };
    const std::int64_t first = place(start);
    const std::int64_t last = place(end);
    // A step of -2^63 has no opposite; it leaves the dimension as any long one does.
    const std::int64_t length = step > 0 ? step : -std::max(step, -std::numeric_limits<std::int64_t>::max());
    const std::int64_t reach = step > 0 ? last - first : first - last;
    return {first, step, reach <= 0 ? 0 : (reach - 1) / length + 1};
}

}  // namespace espalier
