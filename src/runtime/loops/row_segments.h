// Rows of several values beside each other in one: Concat joins them, Split takes them apart.
#pragma once

#include "runtime/lowering.h"

namespace espalier::runtime {

/// Elements of each piece in one row, for a cut along `axis` of these shapes.
struct Pieces {
    std::int64_t rows = 1;
    std::vector<std::int64_t> lengths;

    static Pieces of(const std::vector<Shape>& shapes, std::size_t axis);
    std::int64_t row() const;
};

}  // namespace espalier::runtime
