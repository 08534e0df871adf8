#include "graph/analysis/scales.h"

#include <algorithm>
#include <cmath>

#include "espalier/error.h"

namespace espalier {

std::map<std::string, std::vector<float>> scales_behind(const Graph& graph, const Weights& weights) {
    std::map<std::string, std::vector<float>> out;
    float largest = 0;
    const auto layers = prunable(graph);
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
        const Shape& shape = graph.initializers.at(layer.name).shape();
        out.try_emplace(layer.name,
                        static_cast<std::size_t>(shape[static_cast<std::size_t>(layer.output_axis)]),
                        largest);
    }
    return out;
}

}  // namespace espalier
