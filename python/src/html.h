// Tables of notebooks.
#pragma once

#include <string>
#include <vector>

namespace espalier::python {

/// Texts are escaped here.
std::string html_table(const std::string& caption, const std::vector<std::string>& heads,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace espalier::python
