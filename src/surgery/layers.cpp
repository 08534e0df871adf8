#include "surgery/layers.h"

#include <algorithm>
#include <set>

#include "espalier/surgery.h"
#include "graph/analysis/macs.h"

namespace espalier::surgery {
namespace {

std::int64_t count_nonzeros(const Tensor& tensor) {
    if (tensor.dtype() != DType::f32) return tensor.count();
    return tensor.count() - std::ranges::count(tensor.f32(), 0.0F);
}

}  // namespace

std::vector<LayerInfo> layers(const Graph& graph, bool structures) {
    const auto types = infer_types(graph);
    std::map<std::string, prune::Candidate> weights;
    for (prune::Candidate& candidate : candidates(graph, graph.initializers))
        weights.emplace(candidate.name, std::move(candidate));
    const Types counted = types_of_one_example(graph);
    const double batch = batch_of(graph);
    std::set<std::string> seen;
    std::vector<LayerInfo> found;
    for (const Node& node : graph.nodes) {
        LayerInfo layer{.node = node.name.empty() ? node.outputs.front() : node.name,
                        .op = node.op,
                        .output = {},
                        .weight = {},
                        .structure = {}};
        if (const auto type = types.find(node.outputs.front()); type != types.end())
            layer.output = type->second.dims;
        for (const std::string& input : values_read(node)) {
            const auto tensor = graph.initializers.find(input);
            if (tensor == graph.initializers.end()) continue;
            const auto weight = weights.find(input);
            const bool first = seen.insert(input).second;
            const std::int64_t nonzeros = count_nonzeros(tensor->second);
            if (first) layer.parameters += tensor->second.count();
            if (first) layer.nonzeros += nonzeros;
            const bool is_inside = std::ranges::count(node.inputs, input) == 0;  // of a body
            if (weight == weights.end() || is_inside) continue;
            layer.weight = tensor->second.shape();
            const double each = uses_of_weight(node, tensor->second.shape(), counted) / batch;
            layer.macs = static_cast<double>(tensor->second.count()) * each;
            layer.nonzero_macs = static_cast<double>(nonzeros) * each;
            if (structures) layer.structure = structure_of(weight->second);
        }
        if (layer.weight.empty())
            layer.macs = layer.nonzero_macs = macs_without_weight(node, counted) / batch;
        found.push_back(std::move(layer));
    }
    return found;
}

}  // namespace espalier::surgery
