// A weight's memory as a matrix: its first dimension by all the others. In a convolution [O, I, kh, kw] that
// is O rows of I * kh * kw columns, the kernel's positions innermost.
#pragma once

#include <cstdint>

#include "espalier/prune.h"

namespace espalier::prune {

struct Layout {
    std::int64_t rows = 1;
    std::int64_t cols = 1;
    std::int64_t kernel = 1;  // weights for one pair of output and input
    int output_axis = 0;
    std::int64_t groups = 1;  // WeightForm::groups

    std::int64_t count() const { return rows * cols; }
    /// Second dimension of the shape.
    std::int64_t second() const { return cols / kernel; }
    std::int64_t outputs() const { return output_axis == 0 ? rows : second(); }
    std::int64_t inputs() const { return output_axis == 0 ? second() : rows; }
    /// Rows of one group.
    std::int64_t rows_each() const { return rows / groups; }
    /// With those of all groups.
    std::int64_t all_outputs() const { return output_axis == 0 ? rows : second() * groups; }
};

/// Of a candidate as arranged() gives it. Throws InvalidArgument if the output axis is not a dimension of the
/// shape, or groups do not divide it.
Layout layout_of(const Candidate& candidate);

}  // namespace espalier::prune
