#include "surgery/layers.h"

#include <algorithm>
#include <set>

#include "espalier/surgery.h"

namespace espalier::surgery {
namespace {

std::int64_t count_nonzeros(const Tensor& tensor) {
    if (tensor.dtype() != DType::f32) return tensor.count();
    return tensor.count() - std::ranges::count(tensor.f32(), 0.0F);
}

/// Of a product of two activations, as in attention: outputs of one example times the length of the sums.
double product_macs(const Node& node, const std::map<std::string, ValueType>& types) {
    if (node.op != "MatMul") return 0;
    const Dims& a = types.at(node.inputs[0]).dims;
    const Dims& out = types.at(node.outputs[0]).dims;
    double macs = a.empty() || !a.back().is_fixed() ? 1 : static_cast<double>(a.back().size());
    for (std::size_t i = out.size() > 2 ? 1 : 0; i < out.size(); ++i)
        macs *= out[i].is_fixed() ? static_cast<double>(out[i].size()) : 1;
    return macs;
}

}  // namespace

std::vector<LayerInfo> layers(const Graph& graph) {
    const auto types = infer_types(graph);
    std::map<std::string, prune::Candidate> weights;
    for (prune::Candidate& candidate : candidates(graph, graph.initializers))
        weights.emplace(candidate.name, std::move(candidate));
    std::set<std::string> counted;
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
            const bool first = counted.insert(input).second;
            const std::int64_t nonzeros = count_nonzeros(tensor->second);
            if (first) layer.parameters += tensor->second.count();
            if (first) layer.nonzeros += nonzeros;
            if (weight == weights.end()) continue;
            layer.weight = tensor->second.shape();
            layer.macs = static_cast<double>(tensor->second.count()) * weight->second.macs_per_element;
            layer.nonzero_macs = static_cast<double>(nonzeros) * weight->second.macs_per_element;
            layer.structure = structure_of(weight->second);
        }
        if (layer.weight.empty()) layer.macs = layer.nonzero_macs = product_macs(node, types);
        found.push_back(std::move(layer));
    }
    return found;
}

}  // namespace espalier::surgery
