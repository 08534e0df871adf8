#include "graph/analysis/scales.h"

#include <algorithm>
#include <cmath>

#include "espalier/error.h"

namespace espalier {
namespace {

std::int64_t outputs_of(const PrunableWeight& layer, const Graph& graph) {
    const Shape& stored = graph.initializers.at(layer.name).shape();
    const Shape& shape = layer.form.shape.empty() ? stored : layer.form.shape;
    const std::int64_t size = shape[static_cast<std::size_t>(layer.output_axis)];
    return layer.output_axis == 0 ? size : size * layer.form.groups;
}

}  // namespace

std::map<std::string, std::vector<float>> scales_behind(const Graph& graph, const Weights& weights,
                                                        const std::vector<std::string>& include) {
    std::map<std::string, std::vector<float>> out;
    float largest = 0;
    const auto layers = prunable(graph, include);
    for (const PrunableWeight& layer : layers) {
        if (layer.scale.empty()) continue;
        const auto given = weights.find(layer.scale);
        const Tensor& scale = given == weights.end() ? graph.initializers.at(layer.scale) : given->second;
        const auto values = scale.f32();
        for (const float gamma : values) largest = std::max(largest, std::abs(gamma));
        out.emplace(layer.name, std::vector<float>(values.begin(), values.end()));
    }
    if (out.empty())
        throw InvalidArgument("the network has no batch normalisation, whose scale the criterion reads");
    for (const PrunableWeight& layer : layers) {
        out.try_emplace(layer.name, static_cast<std::size_t>(outputs_of(layer, graph)), largest);
    }
    return out;
}

}  // namespace espalier
