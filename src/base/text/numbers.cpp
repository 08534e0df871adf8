#include "base/text/numbers.h"

#include <fmt/format.h>

namespace espalier {

std::string format_bytes(std::uintmax_t bytes) {
    if (bytes < 1000) return fmt::format("{} B", bytes);
    return fmt::format("{} KB", with_commas(static_cast<std::int64_t>((bytes + 500) / 1000)));
}

std::string with_commas(std::int64_t value) {
    std::string text = std::to_string(value);
    const std::size_t first = value < 0 ? 1 : 0;
    for (std::size_t at = text.size(); at > first + 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

}  // namespace espalier
