// Y[n][m] = act(bias[m] + sum_k W[m][k] * X[n][k]), W sparse and of 16 bits, X and Y row-major, for a batch
// of one or two: a decoder's next token, where time is that of reading W from memory.
//
// A nonzero takes four bytes, two of them its column, where spmv_f32_csr reads six. Eight at a time become
// f32 and meet eight values of X that are loaded one by one into a register. Rows in units of 16 stand side
// by side: one column and one broadcast of X serve all of them, so a nonzero takes little more than two
// bytes. Products and sums are of f32.
//
// 50,257 x 768, one row of X, medians in turn on one core of a busy AMD EPYC (Zen 3, AVX2), 50, 80 and 90 %
// zeros: single rows 7.6, 4.1 and 2.9 ms where spmv_f32_csr takes 9.1, 4.6 and 2.9 (loading X is what takes
// time, so fewer bytes gain little); units of 16 3.9, 1.7 and 1.0 ms where it takes 6.4, 2.8 and 1.6.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/huge_pages.h"
#include "kernels/halves.h"

namespace espalier::kernels {

/// A sparse matrix [rows, columns] with its bias. `unit` rows are read together: those columns of which one
/// has a value.
class SparseHalves {
  public:
    static constexpr std::int64_t kStep =
        8;  // nonzeros of single rows come in so many, with zeros behind the last
    static constexpr std::int64_t kUnit = 16;
    static constexpr std::int64_t kMostColumns = 65'536;

    /// `w` is row-major; as bf16 it is rounded, f16 has to hold it. Throws InvalidArgument when sizes do not
    /// match, there are too many columns, or `unit` is neither 1 nor kUnit.
    SparseHalves(std::int64_t rows, std::int64_t columns, std::span<const float> w, HalfType type,
                 std::span<const float> bias, int unit = 1);

    std::int64_t rows() const { return rows_; }
    std::int64_t columns() const { return columns_; }
    std::int64_t units() const { return std::ssize(starts_) - 1; }
    int unit() const { return unit_; }
    HalfType type() const { return type_; }
    const float* bias() const { return bias_.data(); }

    /// The first row of a unit. Within 1,024 of them, units of as many columns follow one another: a
    /// processor foresees the end of a loop that is as long as the one before.
    std::int64_t first_row(std::int64_t unit) const { return first_rows_[static_cast<std::size_t>(unit)]; }
    /// Columns of a unit, in ascending order but for those that fill it up.
    std::span<const std::uint16_t> columns_of(std::int64_t unit) const {
        const auto at = static_cast<std::size_t>(unit);
        return {columns_at_.data() + starts_[at], columns_at_.data() + starts_[at + 1]};
    }
    /// Of each of its columns, one value for each of its rows.
    const std::uint16_t* values(std::int64_t unit) const {
        return values_.data() + starts_[static_cast<std::size_t>(unit)] * unit_;
    }
    /// The first unit of one of so many shares of about equal work.
    std::int64_t share_begin(std::int64_t share, std::int64_t shares) const;

  private:
    void add_unit(std::span<const float> w, std::int64_t first);
    /// Columns that a unit has, with those that fill it up.
    std::int64_t width(std::span<const float> w, std::int64_t first) const;
    /// Whether one of the unit's rows has a value there.
    bool is_there(std::span<const float> w, std::int64_t first, std::int64_t column) const;
    std::int64_t end_of(std::int64_t first) const { return std::min(first + unit_, rows_); }

    std::int64_t rows_, columns_;
    HalfType type_;
    int unit_;
    std::vector<float> bias_;
    WeightVector<std::uint16_t> values_, columns_at_;
    std::vector<std::int64_t> starts_;  // of units, in columns
    std::vector<std::uint32_t> first_rows_;
};

/// `x` is [batch][w.columns()], `y` [batch][w.rows()], batch 1 or 2. Zeros in W are skipped, so 0 * Inf and 0
/// * NaN count as 0 (where X is not finite, slowly). The result does not depend on `threads`.
void spmv_halves_csr(const SparseHalves& w, std::int64_t batch, const float* x, float* y, bool relu,
                     int threads) noexcept;

/// The instruction set it runs with: "avx2".
std::string spmv_halves_csr_instruction_set();

}  // namespace espalier::kernels
