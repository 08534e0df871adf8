// Products of f32 matrices in row-major order, by oneDNN on all cores.
#pragma once

#include <cstdint>

namespace espalier::calibrate {

/// A matrix that lies with the caller, or its transpose.
struct MatrixView {
    const float* data;
    std::int64_t stride;  // between rows as they lie in memory
    bool transposed = false;
};

/// c = alpha a b + beta c, with a `rows` x `inner`, b `inner` x `cols`; rows of c lie `stride` apart.
void multiply(std::int64_t rows, std::int64_t cols, std::int64_t inner, float alpha, MatrixView a,
              MatrixView b, float beta, float* c, std::int64_t stride);

}  // namespace espalier::calibrate
