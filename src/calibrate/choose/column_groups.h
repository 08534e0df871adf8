// The columns of a layer in parts that are decided on together: those of a unit, or M of an N:M pattern.
#pragma once

#include <vector>

#include "calibrate/reconstruction.h"

namespace espalier::calibrate {

/// Where the parts begin, and behind the last of them the number of columns.
std::vector<std::int64_t> column_groups(const Units& units, std::int64_t inputs);

/// Of them, starts of blocks of at least `least` columns (the last may be smaller), and the number of
/// columns.
std::vector<std::int64_t> column_blocks(const std::vector<std::int64_t>& groups, std::int64_t least);

/// What stays of columns [left, right), which hold whole groups. `scores`: of each weight, layer.outputs rows
/// of right - left. Without a pattern units go, least sum of scores first (of one at an edge, which is
/// smaller, as of a whole one), as long as the next one fits into the `cut` weights that are to go; ties go
/// by position, the earlier one stays. With one, `cut` means nothing: of each group and output the min(n,
/// columns) with the highest scores stay. Weights that were cut before stay so, and do not count in `cut`.
/// Returns how many weights went.
std::int64_t choose(LayerProblem& layer, std::int64_t left, std::int64_t right,
                    const std::vector<float>& scores, std::int64_t cut);

/// One group of one output, by the scores of its columns.
void choose_of_group(std::int64_t n, std::int64_t size, const float* scores, std::uint8_t* keep);

}  // namespace espalier::calibrate
