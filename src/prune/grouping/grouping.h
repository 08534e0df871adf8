// Which rows should lie side by side, so that groups of them keep as much as they can.
//
//   groups that go whole: s_gj = sum of x_rj over the rows r of group g; in every column j of a layer those
//   scores count that are among the layer's largest, above its threshold t:  maximise sum_gj max(s_gj - t_j,
//   0) N:M: of the M rows of a group, each column keeps its N largest:          maximise their sum
//
// One row is taken out of every group, and all of them are put back where they add most. In both cases a row
// adds, up to a constant, sum_j max(x_j - face_gj, 0): the face of the rest of a group is t_j less its score,
// or its N-th largest value. To put all back is an assignment, which is solved exactly.
//
// Pool & Yu 2021, "Channel Permutations for N:M Sparsity", swap columns for N:M; "gyro-permutation" (2024)
// takes one row out of each group and assigns.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace espalier::prune {

struct Grouping {
    std::int64_t size = 4;  // rows of a group
    std::int64_t keep = 0;  // N of N:M; 0: a column of a group is kept or cut whole
    /// The columns in order: those of each layer, and the share of them that its cut keeps.
    struct Layer {
        std::int64_t columns = 0;
        double share = 1;
    };
    std::vector<Layer> layers = {};
};

/// The order of rows, whose groups are `size` each from the first on: values[order[p]] comes to position p.
/// `values` holds `rows` rows, a multiple of the size, of numbers from 0. Never worse than the order that
/// they have, in which case it is returned. Depends on nothing but its arguments; its work is bounded.
std::vector<std::int64_t> order_rows(std::span<const float> values, std::int64_t rows,
                                     const Grouping& grouping);

/// What the groups keep as the rows lie in `order`: the sum that is maximised.
double kept_by_groups(std::span<const float> values, std::span<const std::int64_t> order,
                      const Grouping& grouping);

}  // namespace espalier::prune
