// Good practice: what is missing is named before anything else is shown.
#include "report/findings/practice.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/section.h"
#include "report/text.h"

namespace espalier::report::sections_::practice_ {
namespace {

struct Look {
    const char* name;
    const char* mark;
    const char* word;
};

Look look_of(Practice::State state) {
    switch (state) {
        case Practice::State::met:
            return {"met", "✓", "met"};
        case Practice::State::warning:
            return {"warning", "!", "look"};
        case Practice::State::missing:
            break;
    }
    return {"missing", "✗", "missing"};
}

Content write(const Experiment& experiment) {
    std::vector<Practice> list = practices(experiment);
    if (list.empty()) return {};
    std::stable_sort(list.begin(), list.end(), [](const Practice& a, const Practice& b) {
        return a.state == Practice::State::missing && b.state != Practice::State::missing;
    });
    const auto missing = std::count_if(
        list.begin(), list.end(), [](const Practice& one) { return one.state == Practice::State::missing; });
    Content content;
    content.html = missing == 0
                       ? "<p>Nothing is missing.</p>\n"
                       : fmt::format("<p class=\"lacks\">Missing: {} of {}.</p>\n", missing, list.size());
    content.html += "<ul class=\"practice\">\n";
    for (const Practice& one : list) {
        const Look look = look_of(one.state);
        content.html += fmt::format(
            "<li class=\"{}\"><span class=\"mark\" role=\"img\" "
            "aria-label=\"{}\">{}</span><div><strong>{}</strong> "
            "{}</div></li>\n",
            look.name, look.word, look.mark, escape_html(one.item), escape_html(unbroken(one.detail)));
    }
    content.html += "</ul>\n";
    return content;
}

}  // namespace

extern const Section practice{.name = "practice",
                              .summary = "good practice: what is there and what is missing",
                              .title = "Good practice",
                              .link = "Practice",
                              .position = 5,
                              .write = write};

}  // namespace espalier::report::sections_::practice_
