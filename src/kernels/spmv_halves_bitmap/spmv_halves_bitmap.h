// Y[n][m] = act(bias[m] + sum_k W[m][k] * X[n][k]), for a batch of one or two and weights of 16 bits of which
// 20 % to 70 % are zero: a decoder's next token, where time is that of reading W from memory.
//
// As spmv_f32_bitmap, with values of two bytes: of a half, 1.1 bytes a weight instead of 2.1, and of 2 for
// gemv_halves. One shuffle of bytes places eight of them and makes the others zero. Products and sums are of
// f32.
//
// Half of 50,257 x 768 weights left, one row of X, medians in turn on one core of a busy AMD EPYC (Zen 3,
// AVX2): 6.2 ms where spmv_f32_bitmap takes 8.1, gemv_halves 7.1 and spmv_halves_csr 7.6; with a fifth left
// the last is faster, 4.1 ms and not 5.4. Of 3072 x 768 a half takes 359 us, not 439, 385 and 455.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/huge_pages.h"
#include "kernels/halves.h"

namespace espalier::kernels {

/// A sparse matrix [rows, columns] with its bias.
class HalfBitmapRows {
  public:
    static constexpr std::int64_t kGroup = 8;  // columns whose bits are one byte, the first one the lowest

    /// `w` is row-major; as bf16 it is rounded, f16 has to hold it. Throws InvalidArgument when sizes do not
    /// match.
    HalfBitmapRows(std::int64_t rows, std::int64_t columns, std::span<const float> w, HalfType type,
                   std::span<const float> bias);

    std::int64_t rows() const { return rows_; }
    std::int64_t columns() const { return columns_; }
    HalfType type() const { return type_; }
    std::int64_t groups() const { return (columns_ + kGroup - 1) / kGroup; }  // of a row
    const float* bias() const { return bias_.data(); }
    const std::uint8_t* bits(std::int64_t row) const { return bits_.data() + row * groups(); }
    /// Of the row; kGroup more may be read behind the last one.
    const std::uint16_t* values(std::int64_t row) const {
        return values_.data() + starts_[static_cast<std::size_t>(row)];
    }

  private:
    std::int64_t rows_, columns_;
    HalfType type_;
    std::vector<float> bias_;
    WeightVector<std::uint16_t> values_;
    WeightVector<std::uint8_t> bits_;
    std::vector<std::int64_t> starts_;
};

/// `x` is [batch][w.columns()], `y` [batch][w.rows()], batch 1 or 2. Zeros in W are skipped, so 0 * Inf and 0
/// * NaN count as 0 (where X is not finite, slowly). The result does not depend on `threads`.
void spmv_halves_bitmap(const HalfBitmapRows& w, std::int64_t batch, const float* x, float* y, bool relu,
                        int threads) noexcept;

/// The instruction set it runs with: "avx2".
std::string spmv_halves_bitmap_instruction_set();

}  // namespace espalier::kernels
