// Random changes of one image, drawn from (seed, epoch, example) alone: the same whatever the batch size, the
// number of threads, or the step that training went on from.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "espalier/data.h"

namespace espalier::data {

class Augmenter {
  public:
    Augmenter(const Augmentation& augmentation, std::uint64_t seed, std::int64_t epoch);

    /// Writes `image` [c, h, w] changed to `out` of the same shape.
    void apply(std::uint32_t example, std::span<const std::uint8_t> image, const Shape& shape,
               std::span<std::uint8_t> out) const;

  private:
    Augmentation augmentation_;
    Random random_;
};

}  // namespace espalier::data
