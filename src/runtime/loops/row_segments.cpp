#include "runtime/loops/row_segments.h"

#include <numeric>

#include "graph/walk.h"

namespace espalier::runtime {

Pieces Pieces::of(const std::vector<Shape>& shapes, std::size_t axis) {
    Pieces pieces{.rows = product_of(shapes[0], 0, axis), .lengths = {}};
    for (const Shape& shape : shapes) pieces.lengths.push_back(product_of(shape, axis, shape.size()));
    return pieces;
}

std::int64_t Pieces::row() const { return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}); }

}  // namespace espalier::runtime
