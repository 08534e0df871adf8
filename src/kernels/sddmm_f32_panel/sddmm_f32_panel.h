// A sampled product of dense matrices: g[i] = sum over the batch of a[row(i)] * b[column(i)] at the nonzeros
// i of a pattern, a and b in panels (kernels/panel.h). With a = dL/dZ and b = X it is the gradient of a
// sparse weight, dL/dW = dZ' X, where W has nonzeros.
//
// A row of `a` stays in registers while its nonzeros pass, one a register; as many as a register has lanes
// are then summed together by a transpose.
#pragma once

#include <span>
#include <string>

#include "kernels/panel.h"
#include "kernels/row_pattern.h"

namespace espalier::kernels {

/// `a` holds panels.size(pattern.rows()) floats, `b` panels.size(pattern.columns), lanes behind the batch
/// zero; `g` gets pattern.nonzeros(). Sums do not depend on `threads`.
void sddmm_f32_panel(const RowPattern& pattern, const Panels& panels, const float* a, const float* b,
                     float* g, int threads) noexcept;

/// The instruction set it runs with: "avx3".
std::string sddmm_f32_panel_instruction_set();

/// The same in plain loops, summed in double.
void sddmm_f32_panel_reference(const RowPattern& pattern, const Panels& panels, const float* a,
                               const float* b, double* g);

}  // namespace espalier::kernels
