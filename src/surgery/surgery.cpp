#include "espalier/surgery.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "espalier/error.h"
#include "graph/analysis/weight_forms.h"

namespace espalier::surgery {

std::vector<prune::Candidate> candidates(const Graph& graph, const Weights& weights,
                                         const std::vector<std::string>& include) {
    std::vector<prune::Candidate> found;
    for (const PrunableWeight& weight : prunable(graph, include)) {
        const auto value = weights.find(weight.name);
        if (value == weights.end()) {
            throw InvalidArgument(
                fmt::format("the weights hold no \"{}\", which the network has", weight.name));
        }
        prune::Candidate candidate;
        candidate.name = weight.name;
        candidate.shape = value->second.shape();
        candidate.weight = value->second.f32();
        candidate.macs_per_element = weight.macs_per_weight;
        candidate.output_axis = weight.output_axis;
        candidate.form = weight.form;
        found.push_back(std::move(candidate));
    }
    return found;
}

std::vector<std::string> output_weights(const Graph& graph) {
    const std::vector<std::string> weights = prunable_weights(graph);
    const WeightForms forms(graph);
    std::vector<std::string> found;
    std::set<std::string> ahead = {graph.outputs.front().name};
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {  // readers come after
        if (std::ranges::none_of(node->outputs, [&](const auto& name) { return ahead.contains(name); }))
            continue;
        const std::vector<std::string> read = values_read(*node);
        std::vector<std::string> multiplied(read);  // by the node, or inside it
        for (const WeightRead& one : forms.read_by(*node)) multiplied.push_back(one.weight);
        std::erase_if(multiplied, [&](const auto& name) { return std::ranges::count(weights, name) == 0; });
        if (multiplied.empty()) ahead.insert(read.begin(), read.end());
        for (const std::string& name : multiplied) {
            if (std::ranges::find(found, name) == found.end()) found.push_back(name);
        }
    }
    return found;
}

prune::MaskSet all_kept(const Graph& graph, const std::vector<std::string>& include) {
    prune::MaskSet masks;
    for (const PrunableWeight& weight : prunable(graph, include)) {
        masks.insert(weight.name, prune::Mask(graph.initializers.at(weight.name).shape()));
    }
    return masks;
}

prune::MaskSet zeros_of(const Graph& graph, const std::vector<std::string>& include) {
    prune::MaskSet masks;
    for (const PrunableWeight& weight : prunable(graph, include)) {
        const Tensor& tensor = graph.initializers.at(weight.name);
        prune::Mask mask(tensor.shape());
        const std::span<const float> values = tensor.f32();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (values[i] == 0) mask.set(static_cast<std::int64_t>(i), false);
        }
        masks.insert(weight.name, std::move(mask));
    }
    return masks;
}

}  // namespace espalier::surgery
