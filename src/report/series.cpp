#include "report/series.h"

namespace espalier::report {

Json to_json(const Spread& spread, double scale) {
    return {spread.mean * scale, spread.low * scale, spread.high * scale, spread.count};
}

Json arms_over_share(const Experiment& experiment, std::span<const Measure> measures) {
    Json out = {{"measures", Json::array()}, {"arms", Json::array()}};
    for (const Measure& measure : measures) {
        out["measures"].push_back({{"key", measure.key}, {"label", measure.label}});
    }
    for (const Arm& arm : experiment.arms) {
        Json points = Json::array();
        for (const Level& level : arm.levels) {
            Json point = {
                {"level", level.level}, {"share", 100 * level.share()}, {"left", level.weights_left()}};
            for (const Measure& measure : measures) {
                point[measure.key] = to_json(measure.of(level), measure.scale);
            }
            points.push_back(std::move(point));
        }
        out["arms"].push_back({{"name", arm.name}, {"label", arm.label}, {"points", std::move(points)}});
    }
    return out;
}

}  // namespace espalier::report
