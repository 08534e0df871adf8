// Walks over tensors whose dimensions are taken in another order, or in part.
#pragma once

#include <vector>

#include "espalier/tensor.h"

namespace espalier::runtime {

/// Some dimensions of a tensor: how many elements each has, and how far apart they are in memory.
struct Walk {
    Shape sizes, strides;

    void add(std::int64_t size, std::int64_t stride) {
        sizes.push_back(size);
        strides.push_back(stride);
    }
    std::int64_t count() const { return element_count(sizes); }
    /// Of element `index` in row-major order over `sizes`.
    std::int64_t offset(std::int64_t index) const {
        std::int64_t at = 0;
        for (std::size_t d = sizes.size(); d-- > 0; index /= sizes[d]) at += index % sizes[d] * strides[d];
        return at;
    }
};

/// Distances between neighbours along each dimension of a row-major tensor.
inline Shape row_major_strides(const Shape& shape) {
    Shape strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
    return strides;
}

}  // namespace espalier::runtime
