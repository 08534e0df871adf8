// How many weights a training with moving masks has ever used: R_s of Liu et al. 2021, "Do We Actually Need
// Dense Over-Parameterization? In-Time Over-Parameterization in Sparse Training" (ITOP),
//   R_s = weights kept in some step / all weights.
#include <fmt/format.h>

#include "report/figures/masks.h"
#include "report/figures/series.h"
#include "report/text.h"

namespace espalier::report::sections_::exploration_ {
namespace {

constexpr const char* kNote =
    "Ever used: weights that took part in at least one step, of all prunable ones (R_s of Liu et al. 2021). "
    "A "
    "mask that never moves uses what is left; a dense start uses all. Longer intervals between moves let new "
    "weights grow before they are judged, and longer trainings use more.";

std::optional<prune::MaskSet> explored_of(const Experiment& experiment, const store::Stage& stage) {
    const std::filesystem::path path = experiment.file_of(stage, "explored.safetensors");
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return {};
    return prune::load_masks(path);
}

struct Row {
    std::string label;
    std::vector<double> explored, left, accuracy;
};

Row row_of(const Experiment& experiment, const Arm& arm, const Level& level) {
    Row row{fmt::format("{}, level {}", arm.label, level.level), {}, {}, {}};
    for (const store::Stage& stage : level.replicates) {
        const auto explored = explored_of(experiment, stage);
        if (!explored) continue;
        row.explored.push_back(explored->density());
        row.left.push_back(static_cast<double>(stage.weights_left()) /
                           static_cast<double>(stage.weights_total()));
        row.accuracy.push_back(stage.test_accuracy);
    }
    return row;
}

Content write(const Experiment& experiment) {
    std::string rows;
    for (const Arm& arm : experiment.arms) {
        for (const Level& level : arm.levels) {
            const Row row = row_of(experiment, arm, level);
            if (row.explored.empty()) continue;
            const Spread explored = spread(row.explored);
            rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                                escape_html(row.label), escape_html(unbroken(accuracy(explored))),
                                escape_html(unbroken(share(spread(row.left).mean))),
                                escape_html(unbroken(accuracy(spread(row.accuracy)))));
        }
    }
    if (rows.empty()) return {};
    return {
        fmt::format("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Exploration\">\n"
                    "<table class=\"words\"><thead><tr><th scope=\"col\">Training</th>"
                    "<th scope=\"col\">Ever used</th><th scope=\"col\">Left at the end</th>"
                    "<th scope=\"col\">Test accuracy</th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n"
                    "<p class=\"note\">{}</p>\n",
                    rows, kNote),
        nullptr, ""};
}

}  // namespace

extern const Section exploration{.name = "exploration",
                                 .summary = "how many weights moving masks have ever used",
                                 .title = "Weights ever used",
                                 .link = "Exploration",
                                 .position = 63,
                                 .write = write};

}  // namespace espalier::report::sections_::exploration_
