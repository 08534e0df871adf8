#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/numbers.h"
#include "experiment/inspect/inspection.h"
#include "report/page.h"
#include "report/text.h"

namespace espalier::experiment {
namespace {

using report::escape_html;

std::string claim(const std::string& title, const std::string& number, const std::string& text) {
    return fmt::format("<li><h3>{}</h3><p class=\"number\">{}</p><p>{}</p></li>\n", title, number, text);
}

std::string headline(const Inspection& inspection) {
    const auto share =
        share_of(static_cast<double>(inspection.nonzeros), static_cast<double>(inspection.parameters));
    return "<ul class=\"claims\">\n" +
           claim("Parameters", with_commas(inspection.parameters),
                 fmt::format(
                     "{} are not zero ({}). {}.", with_commas(inspection.nonzeros), share,
                     escape_html(surgery::weights_left(inspection.prunable_nonzeros, inspection.prunable,
                                                       inspection.not_prunable)))) +
           claim(
               "Multiply-adds for one example",
               (inspection.work.uncounted > 0 ? "≥ " : "") + short_count(inspection.work.macs),
               fmt::format("At {}; {} of them with weights that are not zero ({}). They are counted, not "
                           "measured: they are no speed.{}",
                           escape_html(inspection.work.counted_at), short_count(inspection.work.nonzero_macs),
                           share_of(inspection.work.nonzero_macs, inspection.work.macs),
                           inspection.work.uncounted > 0
                               ? escape_html(" Beside them " + uncounted_text(inspection.work) + ".")
                               : "")) +
           claim("File", format_bytes(inspection.file_bytes), escape_html(inspection.file)) + "</ul>\n";
}

std::string bar(double share) {
    return fmt::format(
        "<svg class=\"left\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        "<rect width=\"100\" height=\"10\" fill=\"var(--grid)\"/>"
        "<rect width=\"{:.2f}\" height=\"10\" fill=\"var(--accent)\"/></svg>",
        100 * share);
}

std::string layer_row(const surgery::LayerInfo& layer) {
    const double whole = static_cast<double>(layer.parameters);
    const double left = static_cast<double>(layer.nonzeros);
    return fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}{}</td><td>{}</td></"
        "tr>\n",
        escape_html(layer.node), escape_html(layer.op), escape_html(to_string(layer.output)),
        layer.weight.empty() ? "" : to_string(layer.weight), with_commas(layer.parameters),
        short_count(layer.macs), share_of(left, whole), whole > 0 ? bar(left / whole) : "",
        pattern_of(layer));
}

std::string layer_table(const Inspection& inspection) {
    std::string rows;
    for (const auto& layer : inspection.layers) {
        if (has_work(layer)) rows += layer_row(layer);
    }
    std::string html =
        "<div class=\"scroll\"><table "
        "class=\"data\"><thead><tr><th>layer</th><th>kind</th><th>output</th><th>weight</th>"
        "<th>parameters</th><th>MACs</th><th>left</th><th>zeros</th></tr></thead>\n<tbody>\n" +
        rows + "</tbody></table></div>\n";
    const std::string others = others_of(inspection);
    if (!others.empty())
        html += fmt::format("<p class=\"note\">Nodes without products: {}.</p>\n", escape_html(others));
    return html;
}

std::string histogram(const Inspection& inspection) {
    if (!(inspection.reach > 0))
        return "<p class=\"nothing\">No weight that may be pruned is there, or all are zero.</p>\n";
    const auto& counts = inspection.histogram.counts;
    const double most = std::log1p(static_cast<double>(std::ranges::max(counts)));
    const double width = 800.0 / static_cast<double>(counts.size());
    std::string bars;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double height = most > 0 ? 180 * std::log1p(static_cast<double>(counts[i])) / most : 0;
        bars += fmt::format(
            "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"><title>{}</title></rect>",
            static_cast<double>(i) * width, 180 - height, width - 1.5, height, with_commas(counts[i]));
    }
    return fmt::format(
        "<figure>\n<svg class=\"histogram\" viewBox=\"0 0 800 206\" role=\"img\" aria-label=\"Histogram of "
        "the weights\">"
        "<g fill=\"var(--accent)\">{0}</g><line x1=\"0\" x2=\"800\" y1=\"180.5\" y2=\"180.5\" "
        "stroke=\"var(--line)\"/>"
        "<g fill=\"var(--soft)\" font-size=\"14\"><text x=\"0\" y=\"200\">−{1:g}</text><text x=\"400\" "
        "y=\"200\" "
        "text-anchor=\"middle\">0</text><text x=\"800\" y=\"200\" "
        "text-anchor=\"end\">{1:g}</text></g></svg>\n"
        "<figcaption>Weights that may be pruned and are not zero, of all layers. Counts are logarithmic: "
        "half the "
        "height is far less than half the weights.{2}</figcaption>\n</figure>\n",
        bars, inspection.reach,
        inspection.histogram.not_finite > 0
            ? fmt::format(" {} are not finite.", with_commas(inspection.histogram.not_finite))
            : "");
}

std::string facts(const Inspection& inspection) {
    std::string rows;
    const auto add = [&](const std::string& key, const std::string& value) {
        rows += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(key), escape_html(value));
    };
    for (const auto& [what, values] :
         {std::pair{"input", &inspection.graph.inputs}, std::pair{"output", &inspection.graph.outputs}}) {
        for (const Value& value : *values)
            add(what,
                fmt::format("{} {} {}", value.name, name_of(value.type.dtype), to_string(value.type.dims)));
    }
    for (const auto& [key, value] : inspection.graph.metadata) add(key, value);
    if (!inspection.graph.doc.empty()) add("documentation", inspection.graph.doc);
    return "<dl class=\"facts\">\n" + rows + "</dl>\n";
}

std::string section(const char* name, const char* title, const std::string& html) {
    return fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"title-{0}\">\n<h2 id=\"title-{0}\">{1}</h2>\n{2}</section>\n",
        name, title, html);
}

}  // namespace

std::string to_html(const Inspection& inspection) {
    const std::string& name = inspection.graph.name;
    const std::string scope =
        fmt::format("{}{} nodes", name.empty() ? "" : name + " · ", inspection.layers.size());
    return report::fill(report::asset("page/plain.html"),
                        {{"title", escape_html(inspection.file)},
                         {"scope", escape_html(scope)},
                         {"style", std::string(report::asset("page/page.css"))},
                         {"links",
                          "<a href=\"#layers\">Layers</a>\n<a href=\"#weights\">Weights</a>\n<a "
                          "href=\"#facts\">Facts</a>\n"},
                         {"sections", section("numbers", "In numbers", headline(inspection)) +
                                          section("layers", "Layers", layer_table(inspection)) +
                                          section("weights", "Weights", histogram(inspection)) +
                                          section("facts", "Facts", facts(inspection))}});
}

}  // namespace espalier::experiment
