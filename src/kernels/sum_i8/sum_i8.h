// y = round(bounded((a - zero of a) * scale_a + (b - zero of b) * scale_b)) + zero of y, of 8-bit integers.
// Sixteen at a time (AVX2); the same loop left to g++ 12 took three times as long.
#pragma once

#include "kernels/conv_i8/conv_i8.h"

namespace espalier::kernels {

struct ByteSum {
    ByteQuantum a, b;
    float scale_a = 1, scale_b = 1;  // over the scale of y
};

/// Of `finish` the bounds and the quantum of y are read. y may be a or b.
void sum_i8(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
            const ByteFinish& finish, std::uint8_t* y) noexcept;

/// The instruction set it runs with: "avx2".
std::string sum_i8_instruction_set();

/// The same in plain loops, rounded in double.
void sum_i8_reference(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
                      const ByteFinish& finish, std::uint8_t* y);

}  // namespace espalier::kernels
