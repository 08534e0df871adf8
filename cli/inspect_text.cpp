#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "cli/inspection.h"
#include "cli/table.h"

namespace espalier::cli {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kNumbers[] = {3, 4, 5};  // columns that are aligned on the right
constexpr std::size_t kShortestName = 16;

std::vector<Row> rows_of(const Inspection& inspection, bool all) {
    std::vector<Row> rows{{"layer", "kind", "output", "parameters", "MACs", "left", "zeros"}};
    for (const surgery::LayerInfo& layer : inspection.layers) {
        if (!all && !has_work(layer)) continue;
        rows.push_back({layer.node, layer.op, to_string(layer.output), with_commas(layer.parameters),
                        short_count(layer.macs),
                        share_of(static_cast<double>(layer.nonzeros), static_cast<double>(layer.parameters)),
                        pattern_of(layer)});
    }
    return rows;
}

/// The end of a path says more than its start: "…1.0/conv2/Conv".
std::string cut_in_front(const std::string& text, std::size_t columns) {
    const std::size_t width = text_width(text);
    if (width <= columns) return text;
    const std::string gone = first_columns(text, width - columns + 1);
    return "…" + text.substr(gone.size());
}

void align(std::vector<Row>& rows, std::size_t width) {
    std::vector<std::size_t> widths(rows.front().size(), 0);
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], text_width(row[i]));
    }
    std::size_t others = 2;
    for (std::size_t i = 1; i < widths.size(); ++i) others += widths[i] + 2;
    const std::size_t name = width > others + kShortestName ? width - others : kShortestName;
    for (Row& row : rows) {
        row[0] = cut_in_front(row[0], name);
        for (const std::size_t i : kNumbers) row[i].insert(0, widths[i] - text_width(row[i]), ' ');
    }
}

/// "▁▂▃▅▇█▇▅▃▂▁": heights by the logarithm, as one bin in the middle holds most.
std::string bars(const std::vector<std::int64_t>& counts) {
    constexpr const char* kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const double most = std::log1p(static_cast<double>(std::ranges::max(counts)));
    std::string text;
    for (const std::int64_t count : counts) {
        const double height = most > 0 ? std::log1p(static_cast<double>(count)) / most : 0;
        text += kBars[count == 0 ? 0 : std::clamp(static_cast<int>(std::lround(8 * height)), 1, 8)];
    }
    return text;
}

std::string values_text(const char* what, const std::vector<Value>& values) {
    std::string text;
    for (const Value& value : values) {
        text += fmt::format("  {:<7} {} {} {}\n", what, value.name, name_of(value.type.dtype),
                            to_string(value.type.dims));
    }
    return text;
}

/// Words up to `width` columns a line, those after the first indented.
std::string wrapped(const std::string& text, std::size_t width) {
    std::string out = "  ";
    std::size_t column = 2;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string word = text.substr(at, end - at);
        if (column > 2 && column + text_width(word) + 1 > width) {
            out += "\n  ";
            column = 2;
        } else if (column > 2) {
            out += ' ';
            ++column;
        }
        out += word;
        column += text_width(word);
        at = end + 1;
    }
    return out + "\n";
}

std::string totals_text(const Inspection& inspection) {
    std::string text = fmt::format(
        "  {} parameters, {} not zero ({})\n", with_commas(inspection.parameters),
        with_commas(inspection.nonzeros),
        share_of(static_cast<double>(inspection.nonzeros), static_cast<double>(inspection.parameters)));
    if (inspection.macs > 0) {
        text += fmt::format("  {} MACs an example, {} with weights that are not zero ({})\n",
                            short_count(inspection.macs), short_count(inspection.nonzero_macs),
                            share_of(inspection.nonzero_macs, inspection.macs));
    }
    return text + fmt::format("  file {}\n", format_bytes(inspection.file_bytes));
}

}  // namespace

std::string to_text(const Inspection& inspection, std::size_t width, bool all) {
    const std::string& name = inspection.graph.name;
    std::string text = inspection.file + (name.empty() ? "" : fmt::format(" ({})", name)) + "\n";
    text += values_text("input", inspection.graph.inputs) + values_text("output", inspection.graph.outputs) +
            "\n";
    auto rows = rows_of(inspection, all);
    align(rows, width);
    TextTable table(rows.front());
    for (std::size_t i = 1; i < rows.size(); ++i) table.add(rows[i]);
    text += table.text() + "\n";
    const auto others =
        std::ranges::count_if(inspection.layers, [](const auto& layer) { return !has_work(layer); });
    if (!all && others > 0) {
        text += wrapped(fmt::format("and {} nodes without products (--all lists them): {}", others,
                                    others_of(inspection)),
                        width);
    }
    text += totals_text(inspection);
    if (inspection.reach > 0) {
        text += fmt::format("\n  weights  −{0:g} {1} {0:g}  without zeros, heights logarithmic\n",
                            inspection.reach, bars(inspection.histogram.counts));
    }
    if (inspection.histogram.not_finite > 0)
        text += fmt::format("  {} weights are not finite\n", with_commas(inspection.histogram.not_finite));
    return text;
}

}  // namespace espalier::cli
