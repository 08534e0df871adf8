// What was run, where and by which version, and how to run it again.
#include <fmt/format.h>

#include "report/section.h"
#include "report/text.h"

namespace espalier::report::sections_::repeat_ {
namespace {

std::string facts_html(const Experiment& experiment) {
    std::string html = "<dl class=\"facts\">\n";
    for (const auto& [key, value] : experiment.facts) {
        if (key.starts_with("control ")) continue;  // their labels stand wherever the arms do
        html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(key), escape_html(value));
    }
    html += fmt::format("<dt>training time</dt><dd>{}, all stages together</dd>\n</dl>\n",
                        elapsed(experiment.seconds()));
    return html;
}

Content write(const Experiment& experiment) {
    Content content;
    content.html = facts_html(experiment);
    if (!experiment.settings) {
        content.html += fmt::format("<p class=\"nothing\">This version cannot read the recipe: {}</p>\n",
                                    escape_html(experiment.recipe_problem));
    }
    const auto study = experiment.facts.find("study");
    content.html += fmt::format(
        "<p>Save this recipe as <code>recipe.toml</code> and run <code>espalier {} recipe.toml</code>; it "
        "holds every "
        "value that was used, and every arm. On the same machine with the same number of threads it gives "
        "the same "
        "weights, bit for bit; times differ from run to run.</p>\n",
        study == experiment.facts.end() ? "ticket" : "study " + escape_html(study->second));
    content.html += fmt::format("<pre class=\"recipe\" id=\"recipe-text\" tabindex=\"0\">{}</pre>\n",
                                escape_html(experiment.recipe));
    return content;
}

}  // namespace

extern const Section repeat{.name = "repeat",
                            .summary = "data, recipe, machine and version",
                            .title = "How to repeat it",
                            .link = "Repeat",
                            .position = 80,
                            .write = write};

}  // namespace espalier::report::sections_::repeat_
