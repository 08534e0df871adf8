// Division of a matrix into equal rectangles, the units of pruning, numbered row by row. Where a side does
// not divide, the last rectangle along it is shorter.
#pragma once

#include <algorithm>
#include <cstdint>

#include "prune/units/matrix_view.h"

namespace espalier::prune {

struct Tile {
    std::int64_t rows = 1;
    std::int64_t cols = 1;
};

class Tiling {
  public:
    Tiling(const Layout& layout, Tile tile) : rows_(layout.rows), cols_(layout.cols), tile_(tile) {
        // Units that follow each other in memory make one long row: no row ends to stop at.
        if (tile_.rows == 1 && cols_ % tile_.cols == 0) {
            cols_ *= rows_;
            rows_ = 1;
        }
        across_ = (cols_ + tile_.cols - 1) / tile_.cols;
        down_ = (rows_ + tile_.rows - 1) / tile_.rows;
    }

    /// The rectangle of unit `first` and as many as `count` units to its right in the same row of tiles.
    struct Piece {
        std::int64_t units;
        std::int64_t top, height;  // rows
        std::int64_t left, width;  // columns
    };
    Piece piece(std::int64_t first, std::int64_t count) const {
        const std::int64_t down = first / across_;
        const std::int64_t right = first % across_;
        Piece piece{};
        piece.units = std::min(count, across_ - right);
        piece.top = down * tile_.rows;
        piece.height = std::min(tile_.rows, rows_ - piece.top);
        piece.left = right * tile_.cols;
        piece.width = std::min(piece.units * tile_.cols, cols_ - piece.left);
        return piece;
    }

    std::int64_t rows() const { return rows_; }
    std::int64_t cols() const { return cols_; }
    Tile tile() const { return tile_; }
    std::int64_t units() const { return down_ * across_; }
    bool is_single() const { return tile_.rows == 1 && tile_.cols == 1; }
    /// All units have the same size.
    bool is_even() const { return rows_ % tile_.rows == 0 && cols_ % tile_.cols == 0; }

  private:
    std::int64_t rows_;
    std::int64_t cols_;
    Tile tile_;
    std::int64_t across_ = 0;
    std::int64_t down_ = 0;
};

}  // namespace espalier::prune
