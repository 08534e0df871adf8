// An image cut into tiles of 2x2 outputs, each for as many lanes of the batch as a vector has.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "kernels/lane_images.h"

namespace espalier::kernels {

/// A square of pixels of some lanes, the same of every channel.
struct Patch {
    std::int64_t at;                   // floats from a channel's beginning; may lie outside
    std::int32_t first_row, last_row;  // those that exist
    std::int32_t first_column, last_column;
    std::int32_t lanes;  // that exist
    bool whole;          // all of it exists

    bool has(std::int32_t row, std::int32_t column) const {
        return row >= first_row && row < last_row && column >= first_column && column < last_column;
    }
};

class WinogradTiles {
  public:
    static constexpr std::int64_t kMost = 32;  // that a task takes at once

    /// Tiles of `written`, of `lanes` samples each, that read from `pad_y` rows and `pad_x` columns before.
    WinogradTiles(const LaneImages& read, const LaneImages& written, std::int64_t pad_y, std::int64_t pad_x,
                  std::int64_t lanes)
        : read_(read),
          written_(written),
          pad_y_(pad_y),
          pad_x_(pad_x),
          lanes_(lanes),
          across_((written.width + 1) / 2),
          places_((written.height + 1) / 2 * across_),
          vectors_((written.batch + lanes - 1) / lanes),
          together_(std::gcd(vectors_, kTogether)) {}

    std::int64_t count() const { return places_ * vectors_; }
    const LaneImages& read() const { return read_; }
    const LaneImages& written() const { return written_; }

    /// The 4x4 pixels that a tile reads. Neighbours are the same pixels of a few vectors, as they lie in
    /// memory, then the next pixels of these vectors, which were read in part.
    Patch read_by(std::int64_t tile) const {
        const Place place = place_of(tile);
        return patch(read_, 2 * place.y - pad_y_, 2 * place.x - pad_x_, place.lane, 4);
    }
    /// The 2x2 pixels that it writes.
    Patch written_by(std::int64_t tile) const {
        const Place place = place_of(tile);
        return patch(written_, 2 * place.y, 2 * place.x, place.lane, 2);
    }

  private:
    static constexpr std::int64_t kTogether = 8;

    struct Place {
        std::int64_t y, x, lane;
    };
    Place place_of(std::int64_t tile) const {
        const std::int64_t place = tile % (places_ * together_) / together_;
        const std::int64_t vector = tile / (places_ * together_) * together_ + tile % together_;
        return {place / across_, place % across_, vector * lanes_};
    }
    Patch patch(const LaneImages& images, std::int64_t y, std::int64_t x, std::int64_t lane,
                std::int64_t size) const {
        const auto inside = [size](std::int64_t at) {
            return static_cast<std::int32_t>(std::clamp<std::int64_t>(at, 0, size));
        };
        Patch p{.at = y * images.row() + x * images.batch + lane,
                .first_row = inside(-y),
                .last_row = inside(images.height - y),
                .first_column = inside(-x),
                .last_column = inside(images.width - x),
                .lanes = static_cast<std::int32_t>(std::min(lanes_, images.batch - lane)),
                .whole = false};
        p.whole = p.first_row == 0 && p.last_row == size && p.first_column == 0 && p.last_column == size &&
                  p.lanes == lanes_;
        return p;
    }

    LaneImages read_, written_;
    std::int64_t pad_y_, pad_x_, lanes_;
    std::int64_t across_, places_, vectors_, together_;
};

}  // namespace espalier::kernels
