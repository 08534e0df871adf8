// Plain loops for the forms that oneDNN does not offer. Correct first; rows are shared out over the threads.
#pragma once

#include <array>
#include <vector>

#include "runtime/loops/binary.h"

namespace espalier::runtime {

/// Y = alpha * A' * B' + beta * C, Y [rows, columns], inner dimension `inner`; operands A, B and, if
/// any, C.
struct GemmForm {
    std::int64_t rows = 0, columns = 0, inner = 0;
    bool trans_a = false, trans_b = false, has_c = false;
    float alpha = 1, beta = 1;
    std::array<std::int64_t, 2> c_strides{};  // of C over rows and columns; 0 where it is repeated
};

Candidate reference_gemm(const GemmForm& form);

/// Y = A + B, or another operation; either is repeated along dimensions where it has size 1.
Candidate reference_binary(Arithmetic operation, const Shape& a, const Shape& b, const Shape& output);

/// Strides of `shape` seen as `target`, from which broadcasting makes it: 0 where a dimension is repeated.
std::vector<std::int64_t> broadcast_strides(const Shape& shape, const Shape& target);

}  // namespace espalier::runtime
