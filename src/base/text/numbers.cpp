#include "base/text/numbers.h"

#include <fmt/format.h>

#include <cmath>

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

std::string format_duration(double seconds) {
    const auto whole = static_cast<long>(std::lround(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace espalier
