// A sparse weight matrix with its bias in the order of PackedRows, its values in f16.
//
// Every row is scaled by a power of two, so that the weights of a run, of which products are summed in f16,
// add up to between 64 and 128 in size: with inputs of at most 256 no sum of f16 passes 2^15, half of what it
// holds, and weights below a row's largest by less than 2^-14 or so keep all of their 11 bits.
#pragma once

#include <cstdint>
#include <vector>

#include "base/huge_pages.h"
#include "kernels/packed_rows.h"

namespace espalier::kernels {

class F16Rows {
  public:
    /// The most weights of a row, of one block, whose products are summed in f16.
    static constexpr std::int64_t kRun = 64;

    /// Whether all weights are finite, and those of every run add up to less than 2^14.
    static bool holds(const PackedRows& rows);
    /// Of single rows in one part. Throws InvalidArgument unless it holds() them.
    explicit F16Rows(const PackedRows& rows);

    std::int64_t rows() const { return rows_; }
    std::int64_t columns() const { return columns_; }
    std::int64_t nonzeros() const { return nonzeros_; }
    std::int64_t most_columns() const;  // of a block
    const std::vector<PackedRows::Block>& blocks() const { return blocks_; }
    const std::vector<PackedRows::Group>& groups() const { return groups_; }
    const std::uint32_t* order() const { return order_.data(); }
    const std::uint16_t* column_indices() const { return indices_.data(); }
    /// Each twice in 32 bits, as an instruction spreads them. None is zero.
    const std::uint32_t* values() const { return values_.data(); }
    /// What a row's sums count: 1 / its scale.
    const float* worth() const { return worth_.data(); }
    const float* bias() const { return bias_.data(); }

  private:
    std::int64_t rows_, columns_, nonzeros_;
    std::vector<PackedRows::Block> blocks_;
    std::vector<PackedRows::Group> groups_;
    std::vector<std::uint32_t> order_;
    WeightVector<std::uint16_t> indices_;
    WeightVector<std::uint32_t> values_;
    std::vector<float> worth_;
    std::vector<float> bias_;
};

}  // namespace espalier::kernels
