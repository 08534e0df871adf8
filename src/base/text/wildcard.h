// Names by pattern.
#pragma once

#include <string_view>

namespace espalier {

/// '*' stands for any characters, also none; everything else for itself.
inline bool matches(std::string_view pattern, std::string_view name) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == name;
    if (!name.starts_with(pattern.substr(0, star))) return false;
    const std::string_view rest = pattern.substr(star + 1);
    for (std::size_t i = star; i <= name.size(); ++i) {
        if (matches(rest, name.substr(i))) return true;
    }
    return false;
}

}  // namespace espalier
