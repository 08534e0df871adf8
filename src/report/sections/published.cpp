// Which of the published claims hold here.
#include "report/findings/published.h"

#include <fmt/format.h>

#include "report/section.h"
#include "report/text.h"

namespace espalier::report::sections_::published_ {
namespace {

Content write(const Experiment& experiment) {
    if (experiment.dense() == nullptr) return nothing("The dense network is not trained yet.");
    Content content;
    content.html =
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Published claims\">\n"
        "<table class=\"words stacked\"><thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">Here</th>"
        "<th scope=\"col\">Difference</th></tr></thead>\n<tbody>\n";
    for (const Published& one : report::published(experiment)) {
        std::string parts;
        for (const Part& part : one.parts)
            parts += fmt::format("<p>{}</p>", escape_html(unbroken(part.text)));
        content.html += fmt::format(
            "<tr><th scope=\"row\">{}<small>{}</small></th><td><span class=\"verdict "
            "{}\">{}</span></td><td>{}</td></tr>\n",
            escape_html(unbroken(one.claim)), escape_html(one.source), name_of(one.answer()),
            escape_html(unbroken(one.verdict())), parts);
    }
    content.html +=
        "</tbody></table></div>\n<p class=\"note\">Differences are of test accuracy at the end of training, "
        "between arms "
        "of the same replicate, averaged over levels before the replicates are compared. A claim holds, or "
        "does not, "
        "only where the 95 % confidence interval (Student's t) decides it; \"as good as\" means no further "
        "below than "
        "one standard deviation of the dense network. What is not shown says about how many replicates "
        "would show it in four of five runs (80 % power), if difference and spread are as they are "
        "here.</p>\n";
    return content;
}

}  // namespace

extern const Section published{.name = "published",
                               .summary = "which published claims hold here, with intervals",
                               .title = "Published claims",
                               .link = "Claims",
                               .position = 15,
                               .write = write};

}  // namespace espalier::report::sections_::published_
