// Text in columns, for a terminal: aligned by what a reader sees, and no wider than asked for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace espalier {

/// Columns that a terminal gives to UTF-8 text: two to most East Asian characters, none to combining marks.
/// A byte that is no UTF-8 counts as one.
std::size_t display_width(std::string_view text);
/// As much of its beginning as fits.
std::string first_columns(std::string_view text, std::size_t columns);
/// Shortened in the middle, where names of a network differ least: "encoder/…/query".
std::string shortened(std::string_view text, std::size_t columns);
/// Words up to `columns` a line, each line behind `indent` blanks, a newline after each.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent = 0);

class TextTable {
  public:
    enum class Align : unsigned char { left, right };
    struct Column {
        std::string heading = {};
        Align align = Align::left;
        std::size_t least = 0;   // columns that its cells may be shortened to; 0: they are not
        std::string group = {};  // title over the columns beside each other that share it
        bool optional = false;   // left out where its group alone, or without one the table, is too wide
    };

    explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// One cell a column.
    void add(std::vector<std::string> row);
    /// The first `columns` stand in every part of a table that is divided.
    void repeat(std::size_t columns) { repeated_ = columns; }

    /// Two blanks before and between columns, a newline after each row. With a `width`: optional
    /// columns without a group are left out, then cells of columns that may be are shortened; where that is
    /// not enough, groups (columns without a group: each of them) go beneath, in parts without the rows that
    /// have nothing there but "–".
    std::string text(std::size_t width = 0) const;

  private:
    struct Part;
    std::vector<std::size_t> widths() const;
    std::string part_text(const Part& part, bool whole) const;

    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
    std::size_t repeated_ = 0;
};

}  // namespace espalier
