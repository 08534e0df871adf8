// Values of a recipe as TOML text.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "espalier/recipe.h"

namespace espalier {

inline std::string to_toml(const std::string& value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}
inline std::string to_toml(std::int64_t value) { return std::to_string(value); }
inline std::string to_toml(bool value) { return value ? "true" : "false"; }
inline std::string to_toml(const Length& value) { return to_toml(value.to_string()); }
inline std::string to_toml(double value) {
    std::string text = fmt::format("{}", value);  // the shortest text that reads back to the same double
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
}
inline std::string to_toml(const std::map<std::string, double>& values) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : values)
        parts.push_back(fmt::format("{} = {}", to_toml(key), to_toml(value)));
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
}
template <class T>
std::string to_toml(const std::vector<T>& values) {
    std::vector<std::string> parts;
    for (const T& value : values) parts.push_back(to_toml(value));
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace espalier
