#include "experiment/run/sensitivity.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/text/text_table.h"

namespace espalier::experiment {

SensitivityMeans means_of(const std::vector<store::Sensitivity>& points) {
    SensitivityMeans means;
    std::map<std::pair<std::string, double>, std::pair<store::Sensitivity, int>> sums;
    std::vector<std::pair<std::string, double>> order;
    for (const store::Sensitivity& point : points) {
        const auto key = std::pair(point.layer, point.sparsity);
        auto& [sum, count] = sums[key];
        if (count++ == 0) order.push_back(key);
        sum.loss += point.loss;
        sum.accuracy += point.accuracy;
    }
    for (const auto& [layer, sparsity] : order) {
        const auto& [sum, count] = sums.at({layer, sparsity});
        auto& row = means.points[layer];
        if (row.empty()) means.layers.push_back(layer);
        row.push_back({.sparsity = sparsity, .loss = sum.loss / count, .accuracy = sum.accuracy / count});
    }
    return means;
}

nlohmann::ordered_json to_json(const SensitivityMeans& means) {
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (const std::string& layer : means.layers) {
        nlohmann::ordered_json points = nlohmann::ordered_json::array();
        for (const auto& [sparsity, loss, accuracy] : means.points.at(layer))
            points.push_back({{"sparsity", sparsity},
                              {"loss", loss},
                              {means.score == "accuracy" ? "accuracy" : "r2", accuracy}});
        layers.push_back({{"name", layer}, {"points", points}});
    }
    return layers;
}

std::string to_text(const SensitivityMeans& means, std::size_t width) {
    std::vector<TextTable::Column> columns = {{.heading = "pruned", .least = 16}};
    for (const auto& point : means.points.at(means.layers.front()))
        columns.push_back({fmt::format("{:.4g} %", 100 * point.sparsity), TextTable::Align::right});
    TextTable table(std::move(columns));
    table.repeat(1);
    for (const std::string& layer : means.layers) {
        std::vector<std::string> row = {layer};
        for (const auto& point : means.points.at(layer))
            row.push_back(fmt::format("{:.2f}", 100 * point.accuracy));
        table.add(row);
    }
    return fmt::format("Validation {} in % with one layer pruned and nothing retrained:\n", means.score) +
           table.text(width);
}

}  // namespace espalier::experiment
