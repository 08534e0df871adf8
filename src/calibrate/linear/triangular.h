// Cholesky factors, and inverses by them, of dense symmetric matrices in f32. Blocks of 128 columns: what
// stands outside the diagonal blocks is products of matrices, so all cores work at their best.
#pragma once

#include <cstdint>
#include <vector>

namespace espalier::calibrate {

/// A = L L': the lower triangle of the n x n matrix `a` becomes L, what is above it is 0. False if A is not
/// positive definite in f32; `a` then holds nothing of use.
bool factor(std::vector<float>& a, std::int64_t n, int threads);

/// The inverse of a lower triangular matrix, in its place.
void invert_lower(std::vector<float>& l, std::int64_t n, int threads);

/// A^-1; empty if A is not positive definite in f32.
std::vector<float> inverse(std::vector<float> a, std::int64_t n, int threads);

/// The upper triangular U with A^-1 = U' U; empty if A is not positive definite in f32. With A = R R', R
/// upper triangular, it is R^-1: one factorisation, of A read backwards, and one inverse of a triangle.
std::vector<float> upper_factor_of_inverse(const std::vector<float>& a, std::int64_t n, int threads);

}  // namespace espalier::calibrate
