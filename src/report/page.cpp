#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "espalier/error.h"
#include "report/findings/wording.h"
#include "report/text.h"

namespace espalier::report {
namespace {

std::vector<const Section*> in_order() {
    std::vector<const Section*> order(sections().begin(), sections().end());
    std::sort(order.begin(), order.end(),
              [](const Section* a, const Section* b) { return a->position < b->position; });
    return order;
}

std::string figure(std::string_view name, const Content& content) {
    if (content.data.is_null()) return {};
    return fmt::format(
        "<figure>\n<div class=\"plot\" data-section=\"{0}\"></div>\n"
        "<figcaption id=\"caption-{0}\">{1}</figcaption>\n<div class=\"tools\"></div>\n</figure>\n"
        "<script type=\"application/json\" id=\"data-{0}\">{2}</script>\n",
        name, content.caption, script_json(content.data));
}

/// "266,200 prunable weights · 17 levels · 3 arms · 2 replicates"
std::string scope(const Experiment& experiment) {
    const Arm* ticket = experiment.ticket();
    if (ticket == nullptr) return "Nothing is trained yet.";
    const auto counted = [](std::size_t count, const char* noun) {
        return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
    };
    return fmt::format("{} prunable weights · {} · {} · {}", whole(ticket->levels.front().weights_total()),
                       counted(ticket->levels.size(), "level"), counted(experiment.arms.size(), "arm"),
                       counted(static_cast<std::size_t>(experiment.replicates()), "replicate"));
}

/// The facts that one asks for first; all of them stand at the end of the page.
std::string origin(const Experiment& experiment) {
    std::string text;
    for (const char* key : {"started", "machine", "version", "commit"}) {
        const auto at = experiment.facts.find(key);
        if (at != experiment.facts.end()) text += (text.empty() ? "" : " · ") + at->second;
    }
    return text;
}

}  // namespace

Content nothing(std::string_view reason) {
    return {fmt::format("<p class=\"nothing\">{}</p>\n", escape_html(reason)), nullptr, {}};
}

std::string fill(std::string_view text, const std::map<std::string, std::string, std::less<>>& values) {
    std::string out;
    while (true) {
        const std::size_t open = text.find("{{");
        out += text.substr(0, open);
        if (open == std::string_view::npos) return out;
        const std::size_t close = text.find("}}", open);
        ESPALIER_ASSERT(close != std::string_view::npos);
        const auto value = values.find(text.substr(open + 2, close - open - 2));
        ESPALIER_ASSERT(value != values.end());
        out += value->second;
        text.remove_prefix(close + 2);
    }
}

std::string script_json(const Json& data) {
    // A name that is not UTF-8 must not cost the report: its bad bytes are replaced.
    std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace);
    for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at)) {
        text.replace(at, 1, "\\u003c");
    }
    return text;
}

std::string section_html(std::string_view name, std::string_view title, const Content& content) {
    return fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"title-{0}\">\n<h2 id=\"title-{0}\">{1}</h2>\n{2}{3}"
        "</section>\n",
        name, title, content.html, figure(name, content));
}

std::string page_of(const Shell& shell) {
    return fill(asset("page/page.html"), {{"title", shell.title},
                                          {"scope", shell.scope},
                                          {"origin", shell.origin},
                                          {"style", std::string(asset("page/page.css"))},
                                          {"links", shell.links},
                                          {"sections", shell.sections},
                                          {"chart.js", std::string(asset("chart.js"))},
                                          {"page.js", std::string(asset("page/page.js"))},
                                          {"plot.js", std::string(asset("page/plot.js"))},
                                          {"sections.js", shell.drawing}});
}

std::string page(const Experiment& experiment) {
    Shell shell{.title = escape_html(experiment.title),
                .scope = escape_html(scope(experiment)),
                .origin = escape_html(origin(experiment)),
                .links = {},
                .sections = {},
                .drawing = {}};
    for (const Section* section : in_order()) {
        Content content = section->write(experiment);
        if (content.is_empty()) continue;
        content.html = worded(experiment, content.html);
        content.caption = worded(experiment, content.caption);
        word(experiment, content.data);
        shell.links += fmt::format("<a href=\"#{}\">{}</a>\n", section->name,
                                   worded(experiment, std::string(section->link)));
        shell.sections +=
            section_html(section->name, worded(experiment, std::string(section->title)), content);
        shell.drawing += asset(fmt::format("sections/{}.js", section->name));
    }
    return page_of(shell);
}

void write_html(const store::Run& run, const std::filesystem::path& path) {
    const std::filesystem::path folder = path.parent_path();
    if (!folder.empty()) make_folder(folder);
    write_text(path, page(gather(run)));
}

}  // namespace espalier::report
