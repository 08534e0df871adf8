// Y[m][n] = act(bias[m] + sum_k W[m][k] * X[k][n]), W sparse, X and Y in panels (kernels/panel.h).
//
// The outputs of a row in a panel, 64 at most, stay in registers while its nonzeros pass: for each, one
// broadcast of the weight and one load of as many inputs. Of 64 lanes 128 columns of a panel are 32 KB, the
// L1 cache, so columns are taken in blocks.
#pragma once

#include <span>
#include <string>

#include "kernels/packed_rows.h"
#include "kernels/panel.h"

namespace espalier::kernels {

/// `x` holds panels.size(w.columns()) floats and `y` panels.size(w.rows()); no alignment is needed, aligned
/// to a cache line is faster. Zeros in W are skipped, so 0 * Inf and 0 * NaN count as 0. Every output is
/// summed in one order, so the result does not depend on `threads`, nor on the parts `w` is cut into.
void spmm_f32_panel(const PackedRows& w, const Panels& panels, const float* x, float* y, bool relu,
                    int threads) noexcept;

/// The instruction set it runs with: "avx3".
std::string spmm_f32_panel_instruction_set();

/// Lanes of a panel that are fastest with it, 64 at most, for weights in such units. Of single rows four
/// registers, which two chains of sums each keep both FMA units busy, while twice as many columns fit in the
/// L1 cache as of eight (1.25 times as fast on Zen 3).
std::int64_t panel_lanes(int unit = 1);

/// The same in plain loops over dense W, summed in double.
void spmm_f32_panel_reference(std::int64_t rows, std::int64_t columns, std::span<const float> w,
                              std::span<const float> bias, const Panels& panels, const float* x, double* y,
                              bool relu);

}  // namespace espalier::kernels
