// A sparse weight matrix [rows, columns] with its bias, in the order in which the kernels read it.
//
// Columns are cut into blocks, so that the part of the input a block reads stays in the L1 cache. Inside a
// block, rows are sorted by their number of nonzeros: all rows of a group have the same number, so the loop
// over the nonzeros of a row ends where the branch predictor expects it (as fast as unrolled code, measured
// on Zen 4).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/huge_pages.h"

namespace espalier::kernels {

class PackedRows {
  public:
    struct Blocking {
        std::int64_t block_columns = 128;  // at most; 1 to 65,536, what a column index of 16 bits can reach
        int parts = 1;                     // runs of rows of about equal work, for as many threads
        /// Neighbouring rows that are read together: 1, 4, or 16 for spmv_f32_csr. A column that any of them
        /// has is stored for all, so that what it reads is loaded once. Of masks in such blocks nothing is
        /// stored in vain.
        int unit = 1;
    };
    struct Group {
        std::uint32_t nonzeros;  // columns of each unit
        std::uint32_t rows;      // units
    };
    struct Block {
        std::uint32_t first_column;
        std::uint32_t groups;
    };
    /// Blocks in order; groups, rows, columns and values follow one another through all of them. The first
    /// and the last block name every row of the part, the others only rows with nonzeros.
    struct Part {
        std::vector<Block> blocks;
        std::vector<Group> groups;
        std::vector<std::uint32_t> rows;      // units: number u is rows u * unit and behind
        WeightVector<std::uint16_t> columns;  // relative to the block
        WeightVector<float> values;           // [column][unit]
    };

    /// `w` is row-major. Throws InvalidArgument when sizes do not match or are out of range.
    PackedRows(std::int64_t rows, std::int64_t columns, std::span<const float> w, std::span<const float> bias,
               const Blocking& blocking);

    std::int64_t rows() const { return rows_; }
    std::int64_t columns() const { return columns_; }
    std::int64_t nonzeros() const { return nonzeros_; }
    int unit() const { return unit_; }
    const std::vector<Part>& parts() const { return parts_; }
    /// A multiple of unit() of them; zero behind the last row.
    const float* bias() const { return bias_.data(); }

    /// For weights that change while their places stay. A value may become zero.
    std::span<float> values(std::size_t part) { return parts_[part].values; }
    std::span<float> bias() { return bias_; }

  private:
    std::int64_t rows_;
    std::int64_t columns_;
    std::int64_t nonzeros_ = 0;
    int unit_ = 1;
    std::vector<float> bias_;
    std::vector<Part> parts_;
};

}  // namespace espalier::kernels
