// Of 8-bit integers, sixteen at a time (AVX2); the same loops left to g++ 12 took three times as long.
//   sum:     y = round(bounded((a - zero of a) * scale_a + (b - zero of b) * scale_b)) + zero of y
//   product: y = round(bounded((a - zero of a) * (b - zero of b) * scale)) + zero of y
//   table:   y = table[x]
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "kernels/conv_i8/conv_i8.h"

namespace espalier::kernels {

/// Scales are over that of y.
struct ByteSum {
    ByteQuantum a, b;
    float scale_a = 1, scale_b = 1;
};
struct ByteProduct {
    ByteQuantum a, b;
    float scale = 1;
};

/// Of `finish` the bounds and the quantum of y are read. y may be a or b.
void sum_i8(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
            const ByteFinish& finish, std::uint8_t* y) noexcept;
void product_i8(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteProduct& product,
                const ByteFinish& finish, std::uint8_t* y) noexcept;

/// The instruction set that these run with: "avx2".
std::string elementwise_i8_instruction_set();

/// A function of a byte, with or without a sign.
using ByteTable = std::array<std::uint8_t, 256>;

/// y may be x.
void map_bytes(const std::uint8_t* x, std::int64_t count, const ByteTable& table, std::uint8_t* y) noexcept;

/// The same in plain loops, rounded in double.
void sum_i8_reference(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count, const ByteSum& sum,
                      const ByteFinish& finish, std::uint8_t* y);
void product_i8_reference(const std::uint8_t* a, const std::uint8_t* b, std::int64_t count,
                          const ByteProduct& product, const ByteFinish& finish, std::uint8_t* y);

}  // namespace espalier::kernels
