#include "cli/inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/onnx.h"

namespace espalier::cli {
namespace {

constexpr int kBins = 41;  // odd: one bin has zero at its centre

void count_weights(Inspection& inspection) {
    const auto names = prunable_weights(inspection.graph);
    for (const std::string& name : names)
        inspection.reach =
            std::max(inspection.reach, report::reach(inspection.graph.initializers.at(name).f32()));
    inspection.reach = report::rounded_up(inspection.reach);
    inspection.histogram.counts.assign(kBins, 0);
    for (const std::string& name : names) {
        const report::Histogram one =
            report::histogram(inspection.graph.initializers.at(name).f32(), inspection.reach, kBins, false);
        for (std::size_t i = 0; i < one.counts.size(); ++i) inspection.histogram.counts[i] += one.counts[i];
        inspection.histogram.not_finite += one.not_finite;
    }
}

nlohmann::ordered_json to_json(const Dims& dims) {
    auto out = nlohmann::ordered_json::array();
    for (const Dim& dim : dims) {
        if (dim.is_fixed()) {
            out.push_back(dim.size());
        } else if (dim.is_symbol()) {
            out.push_back(dim.symbol());
        } else {
            out.push_back(nullptr);
        }
    }
    return out;
}

nlohmann::ordered_json to_json(const std::vector<Value>& values) {
    auto out = nlohmann::ordered_json::array();
    for (const Value& value : values)
        out.push_back(
            {{"name", value.name}, {"type", name_of(value.type.dtype)}, {"shape", to_json(value.type.dims)}});
    return out;
}

nlohmann::ordered_json to_json(const surgery::LayerInfo& layer) {
    nlohmann::ordered_json row{{"node", layer.node},
                               {"op", layer.op},
                               {"output", to_string(layer.output)},
                               {"parameters", layer.parameters},
                               {"nonzeros", layer.nonzeros},
                               {"macs", layer.macs},
                               {"nonzero_macs", layer.nonzero_macs}};
    if (!layer.weight.empty()) {
        row["weight"] = layer.weight;
        row["granularity"] = layer.structure.granularity;
    }
    if (layer.structure.units > 0) {
        row["units"] = layer.structure.units;
        row["zero_units"] = layer.structure.zero_units;
    }
    return row;
}

}  // namespace

Inspection inspection_of(const std::filesystem::path& path) {
    Inspection inspection;
    inspection.graph = onnx::read(path);
    inspection.file = path.filename().string();
    inspection.file_bytes = std::filesystem::file_size(path);
    inspection.layers = surgery::layers(inspection.graph);
    for (const surgery::LayerInfo& layer : inspection.layers) {
        inspection.parameters += layer.parameters;
        inspection.nonzeros += layer.nonzeros;
        inspection.macs += layer.macs;
        inspection.nonzero_macs += layer.nonzero_macs;
    }
    count_weights(inspection);
    return inspection;
}

nlohmann::ordered_json to_json(const Inspection& inspection) {
    auto layers = nlohmann::ordered_json::array();
    for (const auto& layer : inspection.layers) layers.push_back(to_json(layer));
    return {{"name", inspection.graph.name},
            {"file_bytes", inspection.file_bytes},
            {"inputs", to_json(inspection.graph.inputs)},
            {"outputs", to_json(inspection.graph.outputs)},
            {"parameters", inspection.parameters},
            {"nonzeros", inspection.nonzeros},
            {"macs", inspection.macs},
            {"nonzero_macs", inspection.nonzero_macs},
            {"metadata", inspection.graph.metadata},
            {"histogram",
             {{"reach", inspection.reach},
              {"counts", inspection.histogram.counts},
              {"not_finite", inspection.histogram.not_finite}}},
            {"layers", std::move(layers)}};
}

std::string short_count(double value) {
    if (value == 0) return "–";
    constexpr const char* kUnits[] = {"", " k", " M", " G", " T"};
    std::size_t unit = 0;
    for (; value >= 999.95 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
    return unit == 0 ? fmt::format("{:.0f}", value) : fmt::format("{:.1f}{}", value, kUnits[unit]);
}

std::string share_of(double part, double whole) {
    return whole == 0 ? "–" : fmt::format("{:.1f} %", 100.0 * part / whole);
}

std::string pattern_of(const surgery::LayerInfo& layer) {
    if (layer.weight.empty()) return "";
    const surgery::Structure& found = layer.structure;
    if (found.units == 0) return found.granularity;
    return fmt::format("{} {}/{}", found.granularity, found.zero_units, found.units);
}

std::string others_of(const Inspection& inspection) {
    std::map<std::string, int> counts;
    for (const auto& layer : inspection.layers) {
        if (!has_work(layer)) ++counts[layer.op];
    }
    std::vector<std::pair<std::string, int>> order(counts.begin(), counts.end());
    std::ranges::stable_sort(order, [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string text;
    for (const auto& [op, count] : order) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, op);
    return text;
}

bool has_work(const surgery::LayerInfo& layer) { return layer.macs > 0 || !layer.weight.empty(); }

}  // namespace espalier::cli
