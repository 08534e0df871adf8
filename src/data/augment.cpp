// out[y, x] = padded[y + dy, x + dx], dy and dx uniform in 0..2 * crop, then mirrored in half of the cases.
// Padding is the byte 0, before normalisation, as is usual for CIFAR (He et al. 2016, section 4.2).
#include "data/augment.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier::data {
namespace {

/// Uniform in -crop..crop. With 31 bits no shift is likelier than another by more than (2 * crop + 1) / 2^31.
std::int64_t shift_of(std::uint64_t bits, std::int64_t crop) {
    return static_cast<std::int64_t>((bits & 0x7fffffff) * static_cast<std::uint64_t>(2 * crop + 1) >> 31) -
           crop;
}

/// out[x] = row[x + dx], 0 beyond its ends.
void shift_row(std::span<const std::uint8_t> row, std::int64_t dx, std::span<std::uint8_t> out) {
    const auto width = static_cast<std::int64_t>(row.size());
    const std::int64_t begin = std::clamp<std::int64_t>(-dx, 0, width);
    const std::int64_t end = std::clamp<std::int64_t>(width - dx, begin, width);
    std::fill(out.begin(), out.begin() + begin, std::uint8_t{0});
    std::copy(row.begin() + begin + dx, row.begin() + end + dx, out.begin() + begin);
    std::fill(out.begin() + end, out.end(), std::uint8_t{0});
}

}  // namespace

Augmenter::Augmenter(const Augmentation& augmentation, std::uint64_t seed, std::int64_t epoch)
    : augmentation_(augmentation), random_(seed, fmt::format("augment/epoch {}", epoch)) {}

void Augmenter::apply(std::uint32_t example, std::span<const std::uint8_t> image, const Shape& shape,
                      std::span<std::uint8_t> out) const {
    const std::uint64_t word = random_.at(example);
    const bool flip = augmentation_.flip && (word & 1) != 0;
    const std::int64_t dy = shift_of(word >> 1, augmentation_.crop);
    const std::int64_t dx = shift_of(word >> 32, augmentation_.crop);
    const std::int64_t height = shape[1];
    const auto width = static_cast<std::size_t>(shape[2]);
    for (std::int64_t line = 0; line < shape[0] * height; ++line) {
        const std::int64_t y = line % height + dy;
        const auto to = out.subspan(static_cast<std::size_t>(line) * width, width);
        if (y < 0 || y >= height) {
            std::fill(to.begin(), to.end(), std::uint8_t{0});
            continue;
        }
        shift_row(image.subspan(static_cast<std::size_t>(line + dy) * width, width), dx, to);
        if (flip) std::reverse(to.begin(), to.end());
    }
}

}  // namespace espalier::data
