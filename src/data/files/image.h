// One picture out of a PNG or JPEG file in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace espalier::data {

/// Far above what networks are trained on; a picture takes 50 MB at most, whatever its header says.
constexpr std::uint32_t kMaxImageSide = 4096;
/// Throws BadData if one is larger.
void check_size(std::uint32_t width, std::uint32_t height);

struct Image {
    std::int64_t channels = 0;  // 1 grey, 3 red, green, blue
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::vector<std::uint8_t> pixels;  // [height, width, channels]
};

/// Which of the two it is, is seen by its content. Bytes are those of the file: colour profiles and gamma are
/// not applied. Throws BadData (neither, damaged, cut off, too large) or Unsupported (16 bits, transparency,
/// CMYK).
Image decode_image(std::span<const std::byte> file);

Image decode_png(std::span<const std::byte> file);
Image decode_jpeg(std::span<const std::byte> file);

}  // namespace espalier::data
