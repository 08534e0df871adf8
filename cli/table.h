// Columns of text, aligned by what a reader sees rather than by bytes.
#pragma once

#include <string>
#include <vector>

namespace espalier::cli {

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
