#include "experiment/inspect/inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "espalier/onnx.h"
#include "espalier/surgery.h"
#include "experiment/inspect/zero_use.h"
#include "experiment/prune/stored_weights.h"
#include "graph/analysis/input_shapes.h"

namespace espalier::experiment {
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
        row["kernels"] = kernels_for(layer);
    }
    if (layer.structure.units > 0) {
        row["units"] = layer.structure.units;
        row["zero_units"] = layer.structure.zero_units;
    }
    return row;
}

/// Of the file's constants but these weights, those of other types than f32 counted whole.
std::int64_t nonzeros_beside(const Graph& stored, const std::vector<std::string>& weights,
                             const ConstantSizes& constants) {
    const std::set<std::string> done(weights.begin(), weights.end());
    std::int64_t count = 0;
    for (const auto& [name, size] : constants) {
        if (done.contains(name)) continue;
        const auto tensor = stored.initializers.find(name);
        const bool known = tensor != stored.initializers.end() && tensor->second.dtype() == DType::f32;
        count += known ? size - std::ranges::count(tensor->second.f32(), 0.0F) : size;
    }
    return count;
}

Inspection inspection_with(Graph stored, const ConstantSizes& constants,
                           const std::map<std::string, Shape>& shapes) {
    Inspection inspection;
    const bool real = is_real(stored);
    if (!real) inspection.graph = as_real(stored);
    const Graph& graph = real ? stored : inspection.graph;
    const auto names = prunable_weights(graph);
    inspection.not_prunable = surgery::not_prunable(stored, names, constants);
    const prune::MaskSet left = surgery::zeros_of(graph);
    inspection.prunable = left.count();
    inspection.prunable_nonzeros = left.kept();
    inspection.nonzeros = left.kept() + nonzeros_beside(stored, names, constants);
    if (real) inspection.graph = std::move(stored);
    set_input_shapes(inspection.graph, shapes);
    for (const auto& constant : constants) inspection.parameters += constant.second;
    inspection.layers = surgery::layers(inspection.graph);
    inspection.work = work_of(inspection.graph, inspection.layers);
    inspection.trees = tree_facts(inspection.graph);
    count_weights(inspection);
    return inspection;
}

}  // namespace

Inspection inspection_of(const std::filesystem::path& path, const std::map<std::string, Shape>& shapes) {
    std::vector<std::string> notes;
    ConstantSizes constants;
    Graph graph = onnx::read(path, &notes, &constants);
    Inspection inspection = inspection_with(std::move(graph), constants, shapes);
    inspection.notes = std::move(notes);
    inspection.file = path.filename().string();
    inspection.file_bytes = std::filesystem::file_size(path);
    return inspection;
}

Inspection inspection_of(Graph graph, const std::map<std::string, Shape>& shapes) {
    ConstantSizes constants;
    for (const auto& [name, tensor] : graph.initializers) constants.emplace_back(name, tensor.count());
    return inspection_with(std::move(graph), constants, shapes);
}

nlohmann::ordered_json to_json(const Inspection& inspection) {
    auto layers = nlohmann::ordered_json::array();
    for (const auto& layer : inspection.layers) layers.push_back(to_json(layer));
    auto others = nlohmann::ordered_json::object();
    for (const auto& [kind, count] : inspection.not_prunable) others[kind] = count;
    return {{"name", inspection.graph.name},
            {"file_bytes", inspection.file_bytes},
            {"notes", inspection.notes},
            {"inputs", to_json(inspection.graph.inputs)},
            {"outputs", to_json(inspection.graph.outputs)},
            {"trees", to_json(inspection.trees)},
            {"parameters", inspection.parameters},
            {"nonzeros", inspection.nonzeros},
            {"prunable", inspection.prunable},
            {"prunable_nonzeros", inspection.prunable_nonzeros},
            {"not_prunable", std::move(others)},
            {"macs", inspection.work.uncounted == 0 ? nlohmann::ordered_json(inspection.work.macs) : nullptr},
            {"nonzero_macs",
             inspection.work.uncounted == 0 ? nlohmann::ordered_json(inspection.work.nonzero_macs) : nullptr},
            {"macs_at_least", inspection.work.macs},
            {"nodes_not_counted", inspection.work.uncounted},
            {"counted_at", inspection.work.counted_at},
            {"open_dimensions", inspection.work.open},
            {"metadata", inspection.graph.metadata},
            {"histogram",
             {{"reach", inspection.reach},
              {"counts", inspection.histogram.counts},
              {"not_finite", inspection.histogram.not_finite}}},
            {"layers", std::move(layers)}};
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

bool has_work(const surgery::LayerInfo& layer) {
    return layer.macs > 0 || std::isnan(layer.macs) || !layer.weight.empty();
}

}  // namespace espalier::experiment
