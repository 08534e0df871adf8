// Interpolation between two copies trained apart from step k, and the barrier between them against k.
#include <fmt/format.h>

#include <map>
#include <set>

#include "report/figures/series.h"
#include "report/text.h"

namespace espalier::report::sections_::stability_ {
namespace {

using store::Stability;

constexpr double kStable = 0.02;

/// Replicates of one level and step.
using Groups = std::map<std::pair<int, std::int64_t>, std::vector<const Stability*>>;

Groups groups_of(const Experiment& experiment) {
    Groups groups;
    for (const Stability& one : experiment.stabilities) groups[{one.level, one.step}].push_back(&one);
    return groups;
}

std::string name_of(const Experiment& experiment, int level) {
    const Level* at = experiment.ticket() == nullptr ? nullptr : experiment.ticket()->find(level);
    if (level == 0) return "Dense";
    return at == nullptr ? fmt::format("Level {}", level) : fmt::format("{} left", share(at->share()));
}

Plot along_the_line(const Experiment& experiment, const Groups& groups, const char* title,
                    double Stability::Point::*error) {
    Plot plot{.axis = Plot::Axis::linear,
              .title = title,
              .x = "Along the line: 1 is the first copy",
              .y = "Error (%)",
              .unit = " %"};
    for (const auto& [key, group] : groups) {
        const std::string label = fmt::format("{}, k = {}", name_of(experiment, key.first), key.second);
        Line line{label, label, {}};
        for (std::size_t i = 0; i < group.front()->points.size(); ++i) {
            std::vector<double> errors;
            for (const Stability* one : group) {
                if (i < one->points.size()) errors.push_back(one->points[i].*error);
            }
            const double alpha = group.front()->points[i].alpha;
            line.points.push_back(line_point(alpha, errors, 100, fmt::format("at {:.2f}", alpha)));
        }
        plot.lines.push_back(std::move(line));
    }
    return plot;
}

std::vector<double> barriers(const std::vector<const Stability*>& group,
                             double (Stability::*barrier)() const) {
    std::vector<double> all;
    for (const Stability* one : group) all.push_back((one->*barrier)());
    return all;
}

Plot against_step(const Experiment& experiment, const Groups& groups, const char* title,
                  double (Stability::*barrier)() const) {
    Plot plot{.axis = Plot::Axis::categories,
              .title = title,
              .x = "Step k from which the copies differ",
              .y = "Barrier (points)",
              .unit = " points",
              .lines = {},
              .reference = "2 points",
              .reference_at = 100 * kStable};
    std::set<std::int64_t> steps;
    for (const auto& [key, group] : groups) steps.insert(key.second);
    for (const std::int64_t step : steps) plot.categories.push_back(whole(static_cast<double>(step)));
    for (const auto& [key, group] : groups) {
        const std::string label = name_of(experiment, key.first);
        if (plot.lines.empty() || plot.lines.back().name != label) plot.lines.push_back({label, label, {}});
        const auto at = std::distance(steps.begin(), steps.find(key.second));
        plot.lines.back().points.push_back(line_point(static_cast<double>(at), barriers(group, barrier), 100,
                                                      fmt::format("k = {}", key.second)));
    }
    return plot;
}

/// For each level the least k at which the mean test barrier is below 2 points.
std::string least_steps(const Experiment& experiment, const Groups& groups) {
    std::map<int, std::string> least;
    for (const auto& [key, group] : groups) {
        const Difference height = difference(barriers(group, &Stability::test_barrier));
        const auto [at, first] = least.emplace(key.first, "none of the steps measured");
        if (height.mean >= kStable || !at->second.starts_with("none")) continue;
        at->second = fmt::format("k = {}, where it is {} points", key.second, percent(height.mean));
        if (height.count > 1) {
            at->second += fmt::format(" (95 % interval {} to {}, n = {})", percent(height.low()),
                                      percent(height.high()), height.count);
        }
    }
    std::string html = "<p>Least step from which the mean test barrier is below 2 points:</p>\n<ul>\n";
    for (const auto& [level, text] : least) {
        html += fmt::format("<li>{}: {}</li>\n", escape_html(name_of(experiment, level)),
                            escape_html(unbroken(text)));
    }
    return html + "</ul>\n";
}

Content write(const Experiment& experiment) {
    const Groups groups = groups_of(experiment);
    if (groups.empty()) return {};
    return {
        least_steps(experiment, groups),
        to_json(std::vector{
            against_step(experiment, groups, "Test barrier", &Stability::test_barrier),
            against_step(experiment, groups, "Training barrier", &Stability::train_barrier),
            along_the_line(experiment, groups, "Test error along the line", &Stability::Point::test_error),
            along_the_line(experiment, groups, "Training error along the line",
                           &Stability::Point::train_error)}),
        "Two copies of one network trained from step k on in different orders of the data. Where the error "
        "stays "
        "level along the straight line between their ends, both lie in one valley: from that step on the "
        "order "
        "decides nothing. The barrier is the greatest error on the line less the mean of its ends. Bands are "
        "95 % "
        "confidence intervals."};
}

}  // namespace

extern const Section stability{.name = "stability",
                               .summary = "interpolation between two copies, and its barrier against k",
                               .title = "Stability to the order of the data",
                               .link = "Stability",
                               .position = 36,
                               .write = write};

}  // namespace espalier::report::sections_::stability_
