#include "prune/units/granularity.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "espalier/error.h"

namespace espalier::prune {
namespace {

/// "4x1", "32x2": digits, an x, digits.
bool is_size(std::string_view text) {
    const std::size_t at = text.find('x');
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           std::ranges::all_of(text.substr(0, at), is_digit) &&
           std::ranges::all_of(text.substr(at + 1), is_digit);
}

/// Of `most` outputs in each of so many groups, those of a unit: units must not reach into the next group.
std::int64_t fitting(std::int64_t asked, std::int64_t most, std::int64_t groups) {
    return groups == 1 ? std::min(asked, most) : std::gcd(std::min(asked, most), most);
}

}  // namespace

Grain parse_grain(const std::string& text) {
    std::string_view name = text;
    std::string_view arguments = "";
    if (text.find(':') != std::string::npos) {  // "2:4" is its own name
        name = "N:M";
        arguments = text;
    } else if (is_size(text)) {  // "4x1" for "block 4x1"
        name = "block";
        arguments = text;
    } else if (const std::size_t space = text.find(' '); space != std::string::npos) {
        name = name.substr(0, space);
        arguments = std::string_view(text).substr(space + 1);
    }
    const Granularity& granularity = granularities().get(name);
    try {
        return {granularity, granularity.parse(arguments), text};
    } catch (const InvalidArgument& error) {
        throw InvalidArgument(fmt::format("granularity \"{}\": {}, expected \"{}\" as in \"{}\"", text,
                                          error.what(), granularity.usage, granularity.example));
    }
}

Arguments no_arguments(std::string_view text) {
    if (!text.empty()) throw InvalidArgument(fmt::format("it takes no arguments, got \"{}\"", text));
    return {};
}

std::int64_t number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1) {
        throw InvalidArgument(fmt::format("\"{}\" is not a number from 1", text));
    }
    return number;
}

Arguments pair_of(std::string_view text, char separator) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos)
        throw InvalidArgument(fmt::format("\"{}\" has no '{}'", text, separator));
    return {.a = number_of(text.substr(0, at)), .b = number_of(text.substr(at + 1))};
}

Tile block_tile(Tile block, const Layout& layout) {
    if (layout.output_axis == 1) {
        // With inputs first and a kernel, as ConvTranspose has them, outputs are a kernel apart: no
        // rectangle.
        const std::int64_t outputs = layout.kernel > 1 ? 1 : std::min(block.rows, layout.cols);
        return {fitting(block.cols, layout.rows_each(), layout.groups), outputs};
    }
    return {fitting(block.rows, layout.rows_each(), layout.groups), std::min(block.cols, layout.cols)};
}

std::string fitted_size(const Grain& grain, const Tile& tile, const Layout& layout) {
    if (!grain.granularity.is_sized) return "";
    const Tile size = layout.output_axis == 1 ? Tile{tile.cols, tile.rows} : tile;
    if (size.rows == grain.arguments.a && size.cols == grain.arguments.b) return "";
    return fmt::format("{}x{}", size.rows, size.cols);
}

}  // namespace espalier::prune
