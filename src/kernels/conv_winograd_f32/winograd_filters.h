// 3x3 filters in and out of Winograd's domain: U = G w G', and dw = G' dU G.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/conv_winograd_f32/winograd_task.h"

namespace espalier::kernels {

/// Filters [outputs][channels][3][3] transformed: [block of 4 outputs][position][channel][output of the
/// block], zeros for outputs that do not exist. `turned`: for dX, whose outputs are the channels and whose
/// filters are mirrored along both axes.
std::vector<float> transformed_filters(const float* w, std::int64_t outputs, std::int64_t channels,
                                       bool turned);

/// dw of `sums` = dU [position][outputs][channels, made up to fours], of the filters that begin at `dw`.
void filters_of_sums(const float* sums, std::int64_t outputs, std::int64_t channels, float* dw);

}  // namespace espalier::kernels
