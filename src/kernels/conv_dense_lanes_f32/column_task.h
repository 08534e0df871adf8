// What the compiled variants of conv_dense_lanes_f32 are given: a run of vectors, each some lanes of a place.
#pragma once

#include <algorithm>
#include <numeric>

#include "kernels/conv_dense_lanes_f32/lane_columns.h"

namespace espalier::kernels {

/// Vectors of `lanes` samples of the places of a grid. Neighbours are the same place of a few vectors, as
/// they lie in memory, then the next place of these.
class LaneVectors {
  public:
    static constexpr std::int64_t kMost = 32;  // that a task takes at once

    LaneVectors(const LaneColumns& columns, std::int64_t lanes)
        : columns_(columns),
          lanes_(lanes),
          vectors_((columns.written().batch + lanes - 1) / lanes),
          together_(std::gcd(vectors_, kTogether)) {}

    const LaneColumns& columns() const { return columns_; }
    std::int64_t count() const { return columns_.grid().places() * vectors_; }

    struct Vector {
        std::int64_t y, x;   // its place
        std::int64_t from;   // floats from a read channel's beginning to the place; may lie outside
        std::int64_t to;     // to the written pixel
        std::int64_t lanes;  // that exist
        bool inside;         // all that the taps read, and all lanes, exist
    };
    Vector operator[](std::int64_t index) const {
        const LaneColumns::Grid& grid = columns_.grid();
        const LaneImages& read = columns_.read();
        const LaneImages& written = columns_.written();
        const std::int64_t places = grid.places();
        const std::int64_t place = index % (places * together_) / together_;
        const std::int64_t lane = (index / (places * together_) * together_ + index % together_) * lanes_;
        const std::int64_t y = place / grid.count[1];
        const std::int64_t x = place % grid.count[1];
        Vector v{.y = y * columns_.step()[0],
                 .x = x * columns_.step()[1],
                 .from = lane,
                 .to = (grid.first[0] + y * grid.step[0]) * written.row() +
                       (grid.first[1] + x * grid.step[1]) * written.batch + lane,
                 .lanes = std::min(lanes_, written.batch - lane),
                 .inside = false};
        v.from += v.y * read.row() + v.x * read.batch;
        v.inside = v.lanes == lanes_ && v.y + columns_.first()[0] >= 0 && v.x + columns_.first()[1] >= 0 &&
                   v.y + columns_.last()[0] < read.height && v.x + columns_.last()[1] < read.width;
        return v;
    }

  private:
    static constexpr std::int64_t kTogether = 8;

    const LaneColumns& columns_;
    std::int64_t lanes_, vectors_, together_;
};

struct ColumnTask {
    const LaneVectors& vectors;
    std::int64_t first, count;  // at most LaneVectors::kMost
    const float* filters;       // LaneColumns::filters()
    const float* bias;          // or null
    const float* from;
    float* to;
    bool past;       // whether `to` is written past the caches
    float* scratch;  // a vector for each column of each of `count`, made up to fours
};

/// dw of `outputs` filters, over a run of vectors.
struct ColumnGradientTask {
    const LaneVectors& vectors;
    std::int64_t first, last;
    std::int64_t at_once;  // vectors, at most LaneVectors::kMost
    std::int64_t outputs;
    const float* x;
    const float* dy;  // from the first of these outputs on
    float* sums;      // [outputs][columns], both in fours
    float* scratch;   // `at_once` vectors for each column and output, both in fours
};

}  // namespace espalier::kernels
