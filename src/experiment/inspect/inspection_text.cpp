#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "experiment/inspect/inspection.h"
#include "experiment/inspect/zero_use.h"

namespace espalier::experiment {
namespace {

TextTable table_of(const Inspection& inspection, bool all) {
    using enum TextTable::Align;
    TextTable table({{.heading = "layer", .least = 16},
                     {.heading = "kind", .least = 8},
                     {.heading = "output", .least = 8},
                     {"parameters", right},
                     {"MACs", right},
                     {"left", right},
                     {.heading = "zeros", .least = 8}});
    for (const surgery::LayerInfo& layer : inspection.layers) {
        if (!all && !has_work(layer)) continue;
        table.add({layer.node, layer.op, to_string(layer.output), with_commas(layer.parameters),
                   short_count(layer.macs),
                   share_of(static_cast<double>(layer.nonzeros), static_cast<double>(layer.parameters)),
                   pattern_of(layer)});
    }
    return table;
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

std::string totals_text(const Inspection& inspection, std::size_t width) {
    const auto share = [](std::int64_t part, std::int64_t whole) {
        return share_of(static_cast<double>(part), static_cast<double>(whole));
    };
    std::string text =
        fmt::format("  {} parameters, {} not zero ({})\n", with_commas(inspection.parameters),
                    with_commas(inspection.nonzeros), share(inspection.nonzeros, inspection.parameters));
    text += wrapped(
        surgery::weights_left(inspection.prunable_nonzeros, inspection.prunable, inspection.not_prunable),
        width, 2);
    const std::string work = to_text(inspection.work);
    if (!work.empty()) text += wrapped(work, width, 2);
    if (inspection.file.empty()) return text;
    return text + fmt::format("  file {}\n", format_bytes(inspection.file_bytes));
}

}  // namespace

std::string to_text(const Inspection& inspection, std::size_t width, bool all) {
    const std::string& name = inspection.graph.name;
    std::string text = inspection.file.empty() ? "network " + name
                       : name.empty()          ? inspection.file
                                               : fmt::format("{} ({})", inspection.file, name);
    text += "\n";
    text += values_text("input", inspection.graph.inputs) + values_text("output", inspection.graph.outputs) +
            "\n";
    for (const std::string& note : inspection.notes) text += wrapped("note: " + note, width, 2);
    text += table_of(inspection, all).text(width) + "\n";
    const auto others =
        std::ranges::count_if(inspection.layers, [](const auto& layer) { return !has_work(layer); });
    if (!all && others > 0) {
        text += wrapped(fmt::format("and {} node{} without products (--all lists them): {}", others,
                                    others == 1 ? "" : "s", others_of(inspection)),
                        width, 2);
    }
    text += to_text(inspection.trees, width);
    for (const std::string& line : zero_uses(inspection.layers)) text += wrapped(line, width, 2);
    text += totals_text(inspection, width);
    if (inspection.reach > 0) {
        text += fmt::format("\n  weights  −{0:g} {1} {0:g}  without zeros, heights logarithmic\n",
                            inspection.reach, bars(inspection.histogram.counts));
    }
    if (inspection.histogram.not_finite > 0)
        text += fmt::format("  {} weights are not finite\n", with_commas(inspection.histogram.not_finite));
    return text;
}

}  // namespace espalier::experiment
