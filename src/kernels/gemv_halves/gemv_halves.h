// Y[n][m] = act(bias[m] + sum_k W[m][k] * X[n][k]), for a batch of one or two and dense weights that 16 bits
// hold: a decoder's next token, where time is that of reading W from memory. Products and sums are of f32, so
// nothing is rounded that was not rounded in the file.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/huge_pages.h"
#include "kernels/halves.h"

namespace espalier::kernels {

/// A matrix [rows, columns] with its bias.
class HalfRows {
  public:
    /// `w` is row-major and half_type_of(w) is `type`. Throws InvalidArgument when sizes do not match.
    HalfRows(std::int64_t rows, std::int64_t columns, std::span<const float> w, HalfType type,
             std::span<const float> bias);

    std::int64_t rows() const { return rows_; }
    std::int64_t columns() const { return columns_; }
    HalfType type() const { return type_; }
    const float* bias() const { return bias_.data(); }
    const std::uint16_t* row(std::int64_t index) const { return halves_.data() + index * columns_; }

  private:
    std::int64_t rows_, columns_;
    HalfType type_;
    std::vector<float> bias_;
    WeightVector<std::uint16_t> halves_;
};

/// `x` is [batch][w.columns()], `y` [batch][w.rows()]. The result does not depend on `threads`.
void gemv_halves(const HalfRows& w, std::int64_t batch, const float* x, float* y, bool relu,
                 int threads) noexcept;

}  // namespace espalier::kernels
