// Weights of 8 bits as groups of neighbouring rows, of which the columns are cut in quads: 4 neighbouring
// channels under one tap. A quad that no row of a group has is not stored.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/conv_f32_panel/conv_shape.h"

namespace espalier::kernels {

class ByteQuads {
  public:
    static constexpr std::int64_t kChunk = 16;  // quads of a tile

    struct Group {
        std::int64_t first_quad, quads;  // in quads()
        std::int64_t first_value;        // in values()
        std::int64_t chunks;             // of tiles, the last one filled with zeros; at least one
    };

    /// Weights less their zero points of one group of a convolution, [outputs][taps][channels], which must
    /// fit 8 bits with a sign. `unit` rows are a group: 4 or 8 with their quads one by one, [quad][row][4],
    /// or 16 or 32 in tiles, [chunk][unit / 16][16 rows][16 quads][4]. Throws InvalidArgument for what does
    /// not fit.
    ByteQuads(const ConvShape& shape, std::span<const std::int16_t> w, int unit);

    /// Whether all of these fit 8 bits.
    static bool fit(std::span<const std::int16_t> w);
    /// Of all quads of rows and columns in groups of `unit` rows, those that are stored.
    static double share(const ConvShape& shape, std::span<const std::int16_t> w, int unit);

    std::int64_t rows() const { return rows_; }
    int unit() const { return unit_; }
    bool in_tiles() const { return unit_ >= 16; }
    const std::vector<Group>& groups() const { return groups_; }
    /// Each as tap * quads of a pixel + quad of the pixel.
    const std::vector<std::int32_t>& quads() const { return quads_; }
    const std::int8_t* values() const { return values_.data(); }
    /// Of each row.
    const std::vector<std::int32_t>& sums() const { return sums_; }

  private:
    std::int64_t rows_;
    int unit_;
    std::vector<Group> groups_;
    std::vector<std::int32_t> quads_;
    std::vector<std::int8_t> values_;
    std::vector<std::int32_t> sums_;
};

/// Quads of the channels of a pixel.
inline std::int64_t quads_of(std::int64_t channels) { return (channels + 3) / 4; }

}  // namespace espalier::kernels
