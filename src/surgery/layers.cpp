#include "surgery/layers.h"

#include <algorithm>
#include <set>

#include "espalier/surgery.h"
#include "graph/analysis/macs.h"
#include "graph/analysis/weight_forms.h"

namespace espalier::surgery {
namespace {

std::int64_t count_nonzeros(const Tensor& tensor) {
    if (tensor.dtype() != DType::f32) return tensor.count();
    return tensor.count() - std::ranges::count(tensor.f32(), 0.0F);
}

}  // namespace

std::vector<LayerInfo> layers(const Graph& graph, bool structures, const std::vector<std::string>& include) {
    const auto types = infer_types(graph);
    std::map<std::string, prune::Candidate> weights;
    for (prune::Candidate& candidate : candidates(graph, graph.initializers, include))
        weights.emplace(candidate.name, std::move(candidate));
    const WeightForms forms(graph);
    const Types counted = types_of_one_example(graph);
    const double batch = batch_of(graph);
    std::set<std::string> multiplied;
    for (const Node& node : graph.nodes) {
        for (const WeightRead& read : forms.read_by(node)) {
            if (weights.contains(read.weight)) multiplied.insert(read.weight);
        }
    }
    std::set<std::string> seen;
    std::vector<LayerInfo> found;
    for (const Node& node : graph.nodes) {
        LayerInfo layer{.node = node.name.empty() ? node.outputs.front() : node.name,
                        .op = node.op,
                        .output = {},
                        .weight = {},
                        .structure = {}};
        if (node.op == "Conv") layer.groups = node.attribute_int("group", 1);
        if (const auto type = types.find(node.outputs.front()); type != types.end())
            layer.output = type->second.dims;
        const auto count = [&](const std::string& name) {
            const Tensor& tensor = graph.initializers.at(name);
            if (!seen.insert(name).second) return;
            layer.parameters += tensor.count();
            layer.nonzeros += count_nonzeros(tensor);
        };
        for (const WeightRead& read : forms.read_by(node)) {
            const auto weight = weights.find(read.weight);
            if (weight == weights.end()) continue;
            count(read.weight);
            const Tensor& tensor = graph.initializers.at(read.weight);
            const double each = uses_of_weight(node, read.input, read.seen, counted) / batch;
            layer.macs += static_cast<double>(tensor.count()) * each;
            layer.nonzero_macs += static_cast<double>(count_nonzeros(tensor)) * each;
            if (!layer.weight.empty()) continue;
            layer.weight = tensor.shape();
            if (structures) layer.structure = structure_of(weight->second);
        }
        for (const std::string& input : values_read(node)) {
            if (graph.initializers.contains(input) && !multiplied.contains(input)) count(input);
        }
        if (layer.weight.empty())
            layer.macs = layer.nonzero_macs = macs_without_weight(node, counted) / batch;
        found.push_back(std::move(layer));
    }
    // What only bodies multiply with counts at the node that holds them.
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::string& input : values_read(graph.nodes[i])) {
            const auto tensor = graph.initializers.find(input);
            if (tensor == graph.initializers.end() || !seen.insert(input).second) continue;
            found[i].parameters += tensor->second.count();
            found[i].nonzeros += count_nonzeros(tensor->second);
        }
    }
    return found;
}

}  // namespace espalier::surgery
