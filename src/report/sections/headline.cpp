// What the run shows, in sentences.
#include <fmt/format.h>

#include "report/findings/claims.h"
#include "report/section.h"
#include "report/text.h"

namespace espalier::report::sections_::headline_ {
namespace {

Content write(const Experiment& experiment) {
    Content content;
    content.html = "<ul class=\"claims pairs\">\n";
    for (const Claim& claim : claims(experiment)) {
        content.html += fmt::format("<li><h3>{}</h3><p class=\"number\">{}</p>\n", escape_html(claim.title),
                                    escape_html(claim.figure));
        for (const std::string& line : claim.lines)
            content.html += fmt::format("<p>{}</p>\n", escape_html(unbroken(line)));
        content.html += "</li>\n";
    }
    content.html += "</ul>\n";
    content.html +=
        "<p class=\"note\">Numbers are means, with the least and greatest of n replicates in brackets; "
        "times are medians with the 10th and 90th percentile.</p>\n";
    return content;
}

}  // namespace

extern const Section headline{.name = "headline",
                              .summary = "what the data support, in sentences",
                              .title = "What this run shows",
                              .link = "Summary",
                              .position = 10,
                              .write = write};

}  // namespace espalier::report::sections_::headline_
