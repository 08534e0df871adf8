#include "report/figures/series.h"

#include <fmt/format.h>

#include "report/findings/wording.h"
#include "report/text.h"

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
    Json out = {{"score", score_of(experiment)}, {"measures", Json::array()}, {"arms", Json::array()}};
    for (const Measure& measure : measures) {
        out["measures"].push_back({{"key", measure.key}, {"label", measure.label}});
    }
    for (const Arm& arm : experiment.arms) out["arms"].push_back(to_json(arm, measures));
    return out;
}

namespace {

std::string heading(const Level& level) {
    return fmt::format("level {}: {} left", level.level, share(level.share()));
}

Json to_json(const Plot& plot) {
    constexpr const char* kAxes[] = {"share", "linear", "categories"};
    Json lines = Json::array();
    for (const Line& line : plot.lines) {
        Json points = Json::array();
        for (const LinePoint& one : line.points) {
            points.push_back(
                {{"x", one.x}, {"value", {one.mean, one.low, one.high, one.count}}, {"note", one.note}});
        }
        lines.push_back({{"name", line.name}, {"label", line.label}, {"points", std::move(points)}});
    }
    return {{"axis", kAxes[static_cast<int>(plot.axis)]},
            {"title", plot.title},
            {"x", plot.x},
            {"categories", plot.categories},
            {"y", plot.y},
            {"unit", plot.unit},
            {"lines", std::move(lines)},
            {"reference", plot.reference},
            {"reference_at", plot.reference_at},
            {"dots", plot.dots}};
}

}  // namespace

LinePoint line_point(double x, const Difference& difference, double scale, std::string note) {
    const bool known = difference.count > 1;
    return {x,
            difference.mean * scale,
            (known ? difference.low() : difference.mean) * scale,
            (known ? difference.high() : difference.mean) * scale,
            difference.count,
            std::move(note)};
}

LinePoint line_point(double x, const std::vector<double>& values, double scale, std::string note) {
    return line_point(x, difference(values), scale, std::move(note));
}

LinePoint at_level(const Level& level, const std::vector<double>& values, double scale) {
    return line_point(100 * level.share(), values, scale, heading(level));
}

LinePoint at_level(const Level& level, const Difference& difference, double scale) {
    return line_point(100 * level.share(), difference, scale, heading(level));
}

Json to_json(const std::vector<Plot>& plots) {
    Json all = Json::array();
    for (const Plot& plot : plots) all.push_back(to_json(plot));
    return {{"plots", std::move(all)}};
}

}  // namespace espalier::report
