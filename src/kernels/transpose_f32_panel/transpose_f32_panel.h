// Changes the layout of a matrix: row-major [batch][features] to panels (kernels/panel.h) and back.
//
// Tiles of 16x16 (8x8, 4x4) floats are transposed in registers; every cache line is read once, whole.
#pragma once

#include <string>

#include "kernels/panel.h"

namespace espalier::kernels {

/// `rows` is row-major; `panels.size(features)` floats are written, lanes behind the batch as zeros.
void to_panels_f32(const Panels& panels, std::int64_t features, const float* rows, float* out,
                   int threads) noexcept;

/// The inverse; `rows` gets batch * features floats.
void from_panels_f32(const Panels& panels, std::int64_t features, const float* in, float* rows,
                     int threads) noexcept;

/// The instruction set they run with: "avx3".
std::string transpose_f32_panel_instruction_set();

/// The same, an element at a time.
void to_panels_f32_reference(const Panels& panels, std::int64_t features, const float* rows, float* out);
void from_panels_f32_reference(const Panels& panels, std::int64_t features, const float* in, float* rows);

}  // namespace espalier::kernels
