#include "base/text/text_table.h"

#include <algorithm>
#include <numeric>

namespace espalier {
namespace {

constexpr const char* kNothing = "–";
constexpr std::size_t kBetween = 2;

/// A name may hold line breaks and terminal codes; none of them belongs into a table.
std::string printable(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
    return text;
}

std::string padded(const std::string& text, std::size_t width, TextTable::Align align) {
    const std::string blank(width - std::min(width, display_width(text)), ' ');
    return align == TextTable::Align::left ? text + blank : blank + text;
}

void add_line(std::string& out, const std::string& line) {
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

/// Columns that stand beside each other, and the widths of all.
struct TextTable::Part {
    std::vector<std::size_t> columns;
    std::vector<std::size_t> widths;
};

void TextTable::add(std::vector<std::string> row) {
    for (std::string& cell : row) cell = printable(std::move(cell));
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> TextTable::widths() const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = display_width(columns_[i].heading);
        for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
        widths.push_back(width);
    }
    return widths;
}

std::string TextTable::text(std::size_t width) const {
    Part all{.columns = std::vector<std::size_t>(columns_.size()), .widths = widths()};
    std::iota(all.columns.begin(), all.columns.end(), std::size_t{0});
    const auto is_new_group = [&](std::size_t before, std::size_t i) {
        return columns_[before].group != columns_[i].group;
    };
    const auto total = [&](const std::vector<std::size_t>& columns) {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            sum += kBetween + all.widths[columns[i]];
            if (i > 0 && is_new_group(columns[i - 1], columns[i])) ++sum;
        }
        return sum;
    };
    if (width == 0 || total(all.columns) <= width) return part_text(all, true);

    std::erase_if(all.columns,
                  [&](std::size_t i) { return columns_[i].optional && columns_[i].group.empty(); });
    if (total(all.columns) <= width) return part_text(all, true);

    // The widest that may give way gives way first.
    for (std::size_t over = total(all.columns) - width; over > 0; --over) {
        std::size_t widest = columns_.size();
        for (const std::size_t i : all.columns) {
            const std::size_t least = std::max(columns_[i].least, display_width(columns_[i].heading));
            if (columns_[i].least == 0 || all.widths[i] <= least) continue;
            if (widest == columns_.size() || all.widths[i] > all.widths[widest]) widest = i;
        }
        if (widest == columns_.size()) break;
        --all.widths[widest];
    }
    if (total(all.columns) <= width) return part_text(all, true);

    std::vector<std::size_t> repeated(all.columns.begin(),
                                      all.columns.begin() + static_cast<std::ptrdiff_t>(repeated_));
    std::vector<Part> parts;
    Part part{repeated, all.widths};
    for (std::size_t next = repeated_; next < all.columns.size();) {
        std::vector<std::size_t> group{all.columns[next++]};
        while (!columns_[group[0]].group.empty() && next < all.columns.size() &&
               !is_new_group(group[0], all.columns[next]))
            group.push_back(all.columns[next++]);
        const auto with = [&](std::vector<std::size_t> columns) {
            columns.insert(columns.end(), group.begin(), group.end());
            return total(columns);
        };
        if (with(repeated) > width)
            std::erase_if(group, [&](std::size_t column) { return columns_[column].optional; });
        if (with(part.columns) > width && part.columns.size() > repeated_) {
            parts.push_back(std::move(part));
            part = {repeated, all.widths};
        }
        part.columns.insert(part.columns.end(), group.begin(), group.end());
    }
    parts.push_back(std::move(part));
    std::string text;
    for (const Part& one : parts) text += (text.empty() ? "" : "\n") + part_text(one, &one == &parts.front());
    return text;
}

std::string TextTable::part_text(const Part& part, bool whole) const {
    std::string titles;
    std::string headings;
    std::string title;
    for (std::size_t i = 0; i < part.columns.size(); ++i) {
        const Column& column = columns_[part.columns[i]];
        if (i > 0 && columns_[part.columns[i - 1]].group != column.group) headings += ' ';
        if (i == 0 || columns_[part.columns[i - 1]].group != column.group) {
            titles += std::string(
                display_width(headings) - std::min(display_width(headings), display_width(titles)), ' ');
            titles += std::string(kBetween, ' ') + column.group;
        }
        headings +=
            std::string(kBetween, ' ') + padded(column.heading, part.widths[part.columns[i]], column.align);
    }
    std::string out;
    if (titles.find_first_not_of(' ') != std::string::npos) add_line(out, titles);
    if (headings.find_first_not_of(' ') != std::string::npos) add_line(out, headings);
    for (const auto& row : rows_) {
        std::string line;
        bool says_something = whole;
        for (std::size_t i = 0; i < part.columns.size(); ++i) {
            const std::size_t at = part.columns[i];
            if (i > 0 && columns_[part.columns[i - 1]].group != columns_[at].group) line += ' ';
            line += std::string(kBetween, ' ') +
                    padded(shortened(row[at], part.widths[at]), part.widths[at], columns_[at].align);
            says_something = says_something || (i >= repeated_ && row[at] != kNothing && !row[at].empty());
        }
        if (says_something) add_line(out, line);
    }
    return out;
}

}  // namespace espalier
