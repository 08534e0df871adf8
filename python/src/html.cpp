#include "html.h"

#include "report/text.h"

namespace espalier::python {
namespace {

std::string row(const std::vector<std::string>& cells, const char* tag) {
    std::string html = "<tr>";
    for (const std::string& cell : cells)
        html += std::string("<") + tag + ">" + report::escape_html(cell) + "</" + tag + ">";
    return html + "</tr>\n";
}

}  // namespace

std::string html_table(const std::string& caption, const std::vector<std::string>& heads,
                       const std::vector<std::vector<std::string>>& rows) {
    std::string html = "<table>\n<caption>" + report::escape_html(caption) + "</caption>\n<thead>" +
                       row(heads, "th") + "</thead>\n<tbody>\n";
    for (const auto& cells : rows) html += row(cells, "td");
    return html + "</tbody>\n</table>\n";
}

}  // namespace espalier::python
