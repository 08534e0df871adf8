#include "report/series.h"

namespace espalier::report {
namespace {

using store::Stage;

constexpr Measure kAccuracies[] = {
    {"test", "Test, end of training", [](const Level& level) { return level.of(&Stage::test_accuracy); },
     100},
    {"best_test", "Test, early stop", [](const Level& level) { return level.of(&Stage::best_test_accuracy); },
     100},
    {"validation", "Validation, end of training",
     [](const Level& level) { return level.of(&Stage::validation_accuracy); }, 100},
    {"best_validation", "Validation, early stop",
     [](const Level& level) { return level.of(&Stage::best_validation_accuracy); }, 100},
};

}  // namespace

std::span<const Measure> accuracy_measures() { return kAccuracies; }

Json to_json(const Spread& spread, double scale) {
    return {spread.mean * scale, spread.low * scale,       spread.high * scale,
            spread.count,        spread.deviation * scale, margin_95(spread.deviation, spread.count) * scale};
}

Json to_json(const Difference& difference, double scale) {
    const bool known = difference.count > 1;
    return {difference.mean * scale, (known ? difference.low() : difference.mean) * scale,
            (known ? difference.high() : difference.mean) * scale, difference.count};
}

Json to_json(const Arm& arm, std::span<const Measure> measures) {
    Json points = Json::array();
    for (const Level& level : arm.levels) {
        Json point = {{"level", level.level}, {"share", 100 * level.share()}, {"left", level.weights_left()}};
        for (const Measure& measure : measures)
            point[measure.key] = to_json(measure.of(level), measure.scale);
        points.push_back(std::move(point));
    }
    return {{"name", arm.name}, {"label", arm.label}, {"points", std::move(points)}};
}

Json arms_over_share(const Experiment& experiment, std::span<const Measure> measures) {
    Json out = {{"measures", Json::array()}, {"arms", Json::array()}};
    for (const Measure& measure : measures) {
        out["measures"].push_back({{"key", measure.key}, {"label", measure.label}});
    }
    for (const Arm& arm : experiment.arms) out["arms"].push_back(to_json(arm, measures));
    return out;
}

}  // namespace espalier::report
