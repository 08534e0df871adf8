// Iterative against one-shot pruning: the difference of each replicate, where an arm cuts at once.
#include <fmt/format.h>

#include "report/figures/series.h"

namespace espalier::report::sections_::one_shot_ {
namespace {

Content write(const Experiment& experiment) {
    const auto one_shots = experiment.arms_where([](const Recipe& recipe) { return recipe.prune.one_shot; });
    const auto iterative = experiment.arms_where([](const Recipe& recipe) { return !recipe.prune.one_shot; });
    if (one_shots.empty() || iterative.empty()) return {};
    const Arm& base = *iterative.front();
    Plot plot{.y = fmt::format("{} − one-shot, test accuracy (points)", base.label),
              .unit = " points",
              .lines = {},
              .reference = "No difference"};
    for (const Arm* arm : one_shots) {
        Line line{arm->name, fmt::format("{} − {}", base.label, arm->label), {}};
        for (const Level& level : base.levels) {
            const Level* other = arm->find(level.level);
            if (level.level > 0 && other != nullptr)
                line.points.push_back(at_level(level, paired(level, *other, test_accuracy), 100));
        }
        plot.lines.push_back(std::move(line));
    }
    return {
        "", to_json(std::vector{plot}),
        "How much more accurate it is to cut in rounds, with training between them, than to cut the trained "
        "dense network at once to the same share. Bands are 95 % confidence intervals of paired differences; "
        "where a band holds zero, nothing is shown."};
}

}  // namespace

extern const Section one_shot{.name = "one_shot",
                              .summary = "iterative against one-shot pruning",
                              .title = "Iterative against one-shot",
                              .link = "One-shot",
                              .position = 32,
                              .write = write};

}  // namespace espalier::report::sections_::one_shot_
