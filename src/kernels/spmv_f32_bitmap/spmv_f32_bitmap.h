// Y[n][m] = act(bias[m] + sum_k W[m][k] * X[n][k]), for a batch of one or two and weights of which 20 % to 80
// % are zero: a decoder's next token, where time is that of reading W from memory.
//
// A bit a weight says whether it is there, and the values that are follow one another: of a half, 2.1 bytes a
// weight instead of 4, or of 3 for spmv_f32_csr. A shuffle places eight weights.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/huge_pages.h"

namespace espalier::kernels {

/// A sparse matrix [rows, columns] with its bias.
class BitmapRows {
  public:
    static constexpr std::int64_t kGroup = 8;  // columns whose bits are one byte, the first one the lowest

    /// `w` is row-major. Throws InvalidArgument when sizes do not match.
    BitmapRows(std::int64_t rows, std::int64_t columns, std::span<const float> w,
               std::span<const float> bias);

    std::int64_t rows() const { return rows_; }
    std::int64_t columns() const { return columns_; }
    std::int64_t groups() const { return (columns_ + kGroup - 1) / kGroup; }  // of a row
    bool finite() const { return finite_; }                                   // every weight
    const float* bias() const { return bias_.data(); }
    const std::uint8_t* bits(std::int64_t row) const { return bits_.data() + row * groups(); }
    /// Of the row; kGroup more may be read behind the last one.
    const float* values(std::int64_t row) const {
        return values_.data() + starts_[static_cast<std::size_t>(row)];
    }

  private:
    std::int64_t rows_, columns_;
    bool finite_ = true;
    std::vector<float> bias_;
    WeightVector<float> values_;
    WeightVector<std::uint8_t> bits_;
    std::vector<std::int64_t> starts_;
};

/// `x` is [batch][w.columns()], `y` [batch][w.rows()]. Zeros in W are skipped, so 0 * Inf and 0 * NaN count
/// as 0 (where X or W is not finite, slowly). The result does not depend on `threads`.
void spmv_f32_bitmap(const BitmapRows& w, std::int64_t batch, const float* x, float* y, bool relu,
                     int threads) noexcept;

/// The instruction set it runs with: "avx2".
std::string spmv_f32_bitmap_instruction_set();

}  // namespace espalier::kernels
