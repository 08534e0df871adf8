#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

#include "base/text/text_table.h"

namespace espalier {
namespace {

using Range = std::pair<std::uint32_t, std::uint32_t>;

// Unicode 15: East Asian Width W and F, in blocks; marks and signs without a width.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
                           {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                           {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range kNone[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
                           {0x064B, 0x065F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
                           {0x2060, 0x2064}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], std::uint32_t code) {
    return std::ranges::any_of(
        ranges, [&](const Range& range) { return range.first <= code && code <= range.second; });
}

struct Character {
    std::size_t bytes = 1;
    std::size_t columns = 1;
};

/// The one that `text` begins with.
Character first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t bytes = lead < 0x80       ? 1
                              : lead >> 5 == 6  ? 2
                              : lead >> 4 == 14 ? 3
                              : lead >> 3 == 30 ? 4
                                                : 0;
    if (bytes < 2 || bytes > text.size()) return {};
    std::uint32_t code = lead & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80) return {};
        code = code << 6 | (next & 0x3FU);
    }
    return {bytes, is_in(kNone, code) ? 0U : is_in(kWide, code) ? 2U : 1U};
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character character = first_of(text);
        columns += character.columns;
        text.remove_prefix(character.bytes);
    }
    return columns;
}

std::string first_columns(std::string_view text, std::size_t columns) {
    std::size_t at = 0;
    for (std::size_t used = 0; at < text.size();) {
        const Character character = first_of(text.substr(at));
        used += character.columns;
        if (used > columns) break;
        at += character.bytes;
    }
    return std::string(text.substr(0, at));
}

std::string shortened(std::string_view text, std::size_t columns) {
    const std::size_t width = display_width(text);
    if (width <= columns || columns == 0) return std::string(text);
    const std::string front = first_columns(text, (columns - 1) / 2);
    const std::size_t back = columns - 1 - display_width(front);
    std::string_view rest = text;
    while (display_width(rest) > back) rest.remove_prefix(first_of(rest).bytes);
    return front + "…" + std::string(rest);
}

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
    const std::string blank(indent, ' ');
    std::string out = blank;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        const std::size_t width = display_width(word);
        if (column > indent && columns > 0 && column + 1 + width > columns) {
            out += "\n" + blank;
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += width;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + "\n";
}

}  // namespace espalier
