// Accuracy against the step that weights are rewound to, over arms that differ in it.
#include <fmt/format.h>

#include <algorithm>

#include "report/figures/series.h"
#include "report/text.h"

namespace espalier::report::sections_::rewinding_ {
namespace {

struct Rewound {
    Length to;
    const Arm* arm;
};

/// By step; epochs count more than any iterations, which is how recipes use them.
std::vector<Rewound> rewound(const Experiment& experiment) {
    std::vector<Rewound> all;
    for (const Arm* arm : experiment.arms_where([](const Recipe& recipe) {
             return recipe.retrain.mode == "rewind-weights" && !recipe.prune.one_shot;
         })) {
        const Length to = experiment.settings_of(arm->name)->retrain.to;
        const auto same = [&](const Rewound& one) { return one.to == to; };
        if (std::none_of(all.begin(), all.end(), same)) all.push_back({to, arm});
    }
    std::stable_sort(all.begin(), all.end(), [](const Rewound& a, const Rewound& b) {
        return std::pair(a.to.epochs, a.to.iterations) < std::pair(b.to.epochs, b.to.iterations);
    });
    return all;
}

Content write(const Experiment& experiment) {
    const std::vector<Rewound> arms = rewound(experiment);
    if (arms.size() < 2) return {};
    Plot plot{.axis = Plot::Axis::categories, .x = "Rewound to step", .y = "Test accuracy (%)", .unit = " %"};
    for (const Rewound& one : arms) plot.categories.push_back(one.to.to_string());
    for (const double wanted : {0.2, 0.1, 0.05, 0.02, 0.01}) {
        const Level* level = level_near(*arms.front().arm, wanted);
        if (level == nullptr) continue;
        const std::string label = fmt::format("{} left", share(level->share()));
        Line line{label, label, {}};
        for (std::size_t i = 0; i < arms.size(); ++i) {
            const Level* at = arms[i].arm->find(level->level);
            if (at == nullptr) continue;
            std::vector<double> values;
            for (const store::Stage& stage : at->replicates) values.push_back(stage.test_accuracy);
            line.points.push_back(
                line_point(static_cast<double>(i), values, 100, "to " + plot.categories[i]));
        }
        if (!line.points.empty()) plot.lines.push_back(std::move(line));
    }
    if (plot.lines.empty()) return {};
    return {"", to_json(std::vector{plot}),
            "A line is one share of weights left; it rises where a later rewinding step helps. Test accuracy "
            "at the "
            "end of training, bands are 95 % confidence intervals."};
}

}  // namespace

extern const Section rewinding{.name = "rewinding",
                               .summary = "accuracy against the rewinding step",
                               .title = "Rewinding step",
                               .link = "Rewinding",
                               .position = 34,
                               .write = write};

}  // namespace espalier::report::sections_::rewinding_
