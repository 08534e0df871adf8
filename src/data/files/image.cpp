#include "data/files/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "espalier/error.h"

namespace espalier::data {

void check_size(std::uint32_t width, std::uint32_t height) {
    if (std::max(width, height) <= kMaxImageSide) return;
    throw BadData(
        fmt::format("the header says {}x{}, expected {} at most on a side", width, height, kMaxImageSide));
}

Image decode_image(std::span<const std::byte> file) {
    const std::string_view start(reinterpret_cast<const char*>(file.data()),
                                 std::min<std::size_t>(file.size(), 8));
    if (start.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(file);
    if (start.starts_with("\xff\xd8\xff")) return decode_jpeg(file);
    throw BadData("neither a PNG nor a JPEG file");
}

}  // namespace espalier::data
