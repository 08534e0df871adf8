// Functions of each element that need e^x or the error function, at the speed of memory: oneDNN's Gelu takes
// eight times as long on AVX2 (4.2 ns an element against 0.5, Zen 3), more than a product of 90 % zeros
// before it.
//
//   erf:  y = erf(x)
//   gelu: y = x / 2 * (1 + erf(x / sqrt(2)))
//   gelu by tanh: y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
#pragma once

#include <cstdint>
#include <string>

namespace espalier::kernels {

enum class GeluKind : unsigned char { erf, gelu, gelu_tanh };

/// `count` elements; y may be x. Within 4e-7 (1 + |x|) of the formula; NaN for NaN.
void gelu_f32(GeluKind kind, const float* x, float* y, std::int64_t count) noexcept;

/// The instruction set it runs with: "avx2".
std::string gelu_f32_instruction_set();

/// The same one by one, in double.
double gelu_f32_reference(GeluKind kind, double x);

}  // namespace espalier::kernels
