// What tickets are worth together: the mean of their softmax outputs, by level and over levels.
#include <fmt/format.h>

#include "report/figures/series.h"
#include "report/text.h"
#include "store/tables/ensemble_fact.h"

namespace espalier::report::sections_::ensembles_ {
namespace {

using store::EnsembleFact;

/// One ensemble a level: a number without a spread.
LinePoint point_of(const Level& level, double accuracy, const EnsembleFact& fact) {
    LinePoint point = at_level(level, std::vector{accuracy}, 100);
    point.note += fmt::format(", {} networks", fact.members);
    return point;
}

std::string sentence(const char* what, const EnsembleFact& one) {
    return fmt::format("{}: {} % together, {} % each ({} networks).", what, percent(one.accuracy),
                       percent(one.members_accuracy), one.members);
}

Content write(const Experiment& experiment) {
    const std::vector<EnsembleFact> facts = store::ensembles_of(experiment.facts);
    if (facts.empty() || experiment.ticket() == nullptr) return {};
    Line together{"together", "All replicates together", {}};
    Line each{"each", "One alone, mean", {}};
    Plot plot{.y = "Test accuracy (%)", .unit = " %", .lines = {}};
    std::string text;
    for (const EnsembleFact& fact : facts) {
        if (fact.replicate >= 0) {
            text += sentence(fmt::format("All pruned levels of replicate {}", fact.replicate).c_str(), fact) +
                    " ";
            continue;
        }
        const Level* level = experiment.ticket()->find(fact.level);
        if (level == nullptr) continue;
        together.points.push_back(point_of(*level, fact.accuracy, fact));
        each.points.push_back(point_of(*level, fact.members_accuracy, fact));
        if (fact.level > 0) continue;
        text += sentence("Dense", fact) + " ";
        plot.reference = "Dense networks together";
        plot.reference_at = 100 * fact.accuracy;
    }
    for (Line* line : {&together, &each}) {
        if (!line->points.empty()) plot.lines.push_back(*line);
    }
    if (plot.lines.empty()) return {};
    return {
        fmt::format("<p>{}</p>\n", escape_html(unbroken(text))), to_json(std::vector{plot}),
        "Networks vote by the mean of their softmax outputs. Tickets whose mean lies as far above one "
        "alone as the dense networks' have gone ways as different from each other. There is one ensemble a "
        "level, so that no interval says how far chance would carry it."};
}

}  // namespace

extern const Section ensembles{.name = "ensembles",
                               .summary = "accuracy of tickets together, against dense networks together",
                               .title = "Ensembles of tickets",
                               .link = "Ensembles",
                               .position = 37,
                               .write = write};

}  // namespace espalier::report::sections_::ensembles_
