// Y[n][m] = act(bias[m] + sum_k W[m][k] * X[n][k]), W sparse, X and Y row-major, for a batch of one or two.
//
// X is picked value by value, four to a vector: gathers are slower (a gather of 16 takes 1.4 to 2 cycles a
// value on Zen 4, one of 8 takes 2.4 on Zen 3). For more rows the panels of spmm_f32_panel are faster. Rows
// in units of 4 or 16 stand side by side in vectors: one broadcast of X serves them all.
#pragma once

#include <span>
#include <string>

#include "kernels/packed_rows.h"

namespace espalier::kernels {

/// `x` is [batch][w.columns()], `y` [batch][w.rows()]. Zeros in W are skipped, so 0 * Inf and 0 * NaN count
/// as 0. The result does not depend on `threads`, nor on the parts `w` is cut into.
void spmv_f32_csr(const PackedRows& w, std::int64_t batch, const float* x, float* y, bool relu,
                  int threads) noexcept;

/// The instruction set it runs with: "avx3".
std::string spmv_f32_csr_instruction_set();

/// The same in plain loops over dense W, summed in double.
void spmv_f32_csr_reference(std::int64_t rows, std::int64_t columns, std::span<const float> w,
                            std::span<const float> bias, std::int64_t batch, const float* x, double* y,
                            bool relu);

}  // namespace espalier::kernels
