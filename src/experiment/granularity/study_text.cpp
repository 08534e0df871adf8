// A study as JSON and as a table.
#include <fmt/format.h>

#include "base/text/text_table.h"
#include "experiment/granularity/study.h"
#include "report/speed_up.h"
#include "report/text.h"

namespace espalier::experiment {
namespace {

using Json = nlohmann::ordered_json;

report::Spread accuracy_of(const std::vector<double>& values) { return report::spread(values); }

}  // namespace

Json to_json(const StudyCell& cell) {
    Json layers = Json::array();
    for (const StudyCell::Layer& layer : cell.layers)
        layers.push_back({{"node", layer.node},
                          {"kernel", layer.kernel},
                          {"weights_left", layer.left},
                          {"us", layer.us},
                          {"dense_us", layer.dense_us},
                          {"predicted_us", layer.predicted_us},
                          {"why", layer.why}});
    return {{"granularity", cell.granularity},
            {"permuted", cell.permuted},
            {"asked", cell.asked},
            {"sparsity", cell.sparsity},
            {"macs_left", cell.macs_left},
            {"magnitude_left", cell.magnitude_left},
            {"median_ms", cell.median_ms},
            {"low_ms", cell.low_ms},
            {"high_ms", cell.high_ms},
            {"dense_ms", cell.dense_ms},
            {"speedup", cell.speedup},
            {"speedup_low", cell.speedup_low},
            {"speedup_high", cell.speedup_high},
            {"accuracies", cell.accuracies},
            {"layers", std::move(layers)}};
}

StudyCell cell_from(const Json& json) {
    StudyCell cell;
    json.at("granularity").get_to(cell.granularity);
    json.at("permuted").get_to(cell.permuted);
    json.at("asked").get_to(cell.asked);
    json.at("sparsity").get_to(cell.sparsity);
    json.at("macs_left").get_to(cell.macs_left);
    json.at("magnitude_left").get_to(cell.magnitude_left);
    json.at("median_ms").get_to(cell.median_ms);
    json.at("low_ms").get_to(cell.low_ms);
    json.at("high_ms").get_to(cell.high_ms);
    json.at("dense_ms").get_to(cell.dense_ms);
    json.at("speedup").get_to(cell.speedup);
    json.at("speedup_low").get_to(cell.speedup_low);
    json.at("speedup_high").get_to(cell.speedup_high);
    json.at("accuracies").get_to(cell.accuracies);
    for (const Json& layer : json.at("layers")) {
        cell.layers.push_back({.node = layer.at("node"),
                               .kernel = layer.at("kernel"),
                               .left = layer.at("weights_left"),
                               .us = layer.at("us"),
                               .dense_us = layer.at("dense_us"),
                               .predicted_us = layer.at("predicted_us"),
                               .why = layer.at("why")});
    }
    return cell;
}

Json to_json(const Study& study) {
    Json cells = Json::array();
    for (const StudyCell& cell : study.cells) cells.push_back(to_json(cell));
    return {{"study", "granularity"},
            {"model", study.model},
            {"processor", study.processor},
            {"version", study.version},
            {"batch", study.batch},
            {"threads", study.threads},
            {"folder", study.folder.string()},
            {"dense_accuracies", study.dense_accuracies},
            {"cells", std::move(cells)}};
}

std::string to_text(const Study& study, std::size_t width) {
    using enum TextTable::Align;
    const bool trained = !study.dense_accuracies.empty();
    TextTable table({{.heading = "granularity", .least = 10},
                     {"zeros", right},
                     {"MACs left", right},
                     {trained ? study.score : "magnitude kept", right},
                     {"time", right},
                     {"dense", right},
                     {"speed-up", right},
                     {"of MACs saved", right}});
    table.repeat(1);
    for (const StudyCell& cell : study.cells) {
        table.add({cell.name(), fmt::format("{:.1f} %", 100 * cell.sparsity),
                   fmt::format("{:.1f} %", 100 * cell.macs_left),
                   trained ? report::accuracy(accuracy_of(cell.accuracies))
                           : fmt::format("{:.1f} %", 100 * cell.magnitude_left),
                   report::duration(cell.median_ms), report::duration(cell.dense_ms),
                   report::times({cell.speedup, cell.speedup_low, cell.speedup_high}),
                   fmt::format("{:.0f} %", 100 * cell.efficiency())});
    }
    std::string text = fmt::format("{}, batch {}, {} thread{}, {}\n", study.model, study.batch, study.threads,
                                   study.threads == 1 ? "" : "s", study.processor);
    text += table.text(width);
    if (trained)
        text +=
            fmt::format("dense: {} {}\n", study.score, report::accuracy(accuracy_of(study.dense_accuracies)));
    return text;
}

}  // namespace espalier::experiment
