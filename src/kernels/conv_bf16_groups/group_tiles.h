// A sparse weight matrix [rows, columns] with its bias, as groups of 16 or 32 neighbouring rows that keep the
// same columns: the columns of a group, and its values as tiles of 16 rows and 32 columns, in bf16.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace espalier::kernels {

class GroupTiles {
  public:
    static constexpr std::int64_t kTileRows = 16;
    static constexpr std::int64_t kChunk = 32;  // columns of a tile

    struct Group {
        std::int64_t first_column;         // in columns(),
        std::int64_t columns;              // of which so many are the group's
        std::int64_t first_chunk, chunks;  // at least one, the last one filled with zeros
    };

    /// `w` is row-major, `unit` 16 or 32. A column that any row of a group has is stored for all. Throws
    /// InvalidArgument when sizes do not match.
    GroupTiles(std::int64_t rows, std::int64_t columns, std::span<const float> w, std::span<const float> bias,
               int unit);

    std::int64_t rows() const { return rows_; }
    std::int64_t width() const { return width_; }
    int unit() const { return unit_; }
    const std::vector<Group>& groups() const { return groups_; }
    const std::vector<std::int32_t>& columns() const { return columns_; }
    /// [chunk][unit / 16][16 rows][32 columns]
    const std::uint16_t* values() const { return values_.data(); }
    /// A multiple of unit() of them; zero behind the last row.
    const float* bias() const { return bias_.data(); }
    std::int64_t most_chunks() const;

  private:
    std::int64_t rows_, width_;
    int unit_;
    std::vector<Group> groups_;
    std::vector<std::int32_t> columns_;
    std::vector<std::uint16_t> values_;
    std::vector<float> bias_;
};

/// The nearest bf16, ties to even; NaN stays NaN.
std::uint16_t to_bf16(float value);
float from_bf16(std::uint16_t bits);

}  // namespace espalier::kernels
