// Columns of text, aligned by what a reader sees rather than by bytes.
#pragma once

#include <string>
#include <vector>

namespace espalier::cli {

/// What a reader sees of UTF-8 text, in characters.
std::size_t text_width(const std::string& text);
/// The first `columns` characters.
std::string first_columns(const std::string& text, std::size_t columns);

class TextTable {
  public:
    explicit TextTable(std::vector<std::string> header);
    void add(std::vector<std::string> row);
    /// Two spaces before and between columns, a newline after each row.
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace espalier::cli
