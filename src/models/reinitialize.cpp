// Initial weights of a network that came with trained ones.
//   weights of layers      drawn by an initialisation, as the built-in networks do
//   scales of normalisations 1, running means 0, running variances 1
//   other matrices (positions, classes of a transformer) N(0, 0.02^2), Dosovitskiy et al. 2021
//   the rest (biases)      0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/models.h"
#include "models/model.h"

namespace espalier::models {
namespace {

constexpr float kOtherDeviation = 0.02F;

std::span<float> fill(Graph& graph, const std::string& name, float value) {
    const auto values = graph.initializers.at(name).f32();
    std::ranges::fill(values, value);
    return values;
}

void reset_normalizations(Graph& graph) {
    for (const Node& node : graph.nodes) {
        const bool has_scale =
            node.op.ends_with("Normalization") && node.op != "LpNormalization" && node.inputs.size() > 1;
        if (has_scale && graph.initializers.contains(node.inputs[1])) fill(graph, node.inputs[1], 1);
        if (node.op == "BatchNormalization" && graph.initializers.contains(node.inputs[4]))
            fill(graph, node.inputs[4], 1);
    }
}

/// Of one matrix, where the weight holds several.
Fans fans_of(const PrunableWeight& weight, const Shape& stored) {
    const WeightForm& form = weight.form;
    Shape shape = form.shape.empty() ? stored : form.shape;
    shape.at(0) /= std::max<std::int64_t>(1, std::ssize(form.parts));
    if (shape.size() == 2) shape[0] /= form.groups;
    const auto outputs = shape.at(static_cast<std::size_t>(weight.output_axis));
    const auto inputs = shape.at(static_cast<std::size_t>(1 - weight.output_axis));
    const std::int64_t positions = element_count(shape) / std::max<std::int64_t>(1, outputs * inputs);
    return {.in = inputs * positions, .out = outputs * positions};
}

}  // namespace

Graph reinitialized(Graph graph, std::uint64_t seed, const std::string& initialization) {
    const Initializer draw =
        initializations().get(initialization.empty() ? "glorot-normal" : initialization).fill;
    auto changing = [&] {
        auto names = parameters(graph);
        names.merge(buffers(graph));
        return names;
    }();
    for (const auto& entry : untrained_weights(graph)) changing.erase(entry.first);
    for (const std::string& name : changing) {
        if (graph.initializers.at(name).dtype() != DType::f32)
            throw Unsupported(fmt::format("weight \"{}\" is {}, training needs f32", name,
                                          name_of(graph.initializers.at(name).dtype())));
        const auto values = fill(graph, name, 0);
        if (graph.initializers.at(name).rank() < 2) continue;
        Random random(seed, "init/" + name);
        for (float& value : values) value = kOtherDeviation * random.normal();
    }
    reset_normalizations(graph);
    for (const PrunableWeight& weight : prunable(graph)) {
        Tensor& tensor = graph.initializers.at(weight.name);
        Random random(seed, "init/" + weight.name);
        draw(tensor.f32(), fans_of(weight, tensor.shape()), random);
    }
    return graph;
}

}  // namespace espalier::models
