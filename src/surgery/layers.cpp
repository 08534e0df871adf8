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

/// In floating point, as sizes come from files; what is not known counts as one.
double product(const Dims& dims) {
    double count = 1;
    for (const Dim& dim : dims) count *= dim.is_fixed() ? static_cast<double>(dim.size()) : 1;
    return count;
}

/// Examples that the network takes at once, if its shapes say so. Dimension 0 of a value need not count them:
/// attention often has the tokens there.
double batch_of(const Graph& graph) {
    if (graph.inputs.empty() || graph.inputs[0].type.dims.empty()) return 1;
    const Dim& first = graph.inputs[0].type.dims[0];
    return first.is_fixed() && first.size() > 0 ? static_cast<double>(first.size()) : 1;
}

/// How often each weight is used for all that the network takes at once.
double uses(const Node& node, const prune::Candidate& weight, const std::map<std::string, ValueType>& types) {
    if (node.op == "ConvTranspose")
        return product(types.at(node.inputs[0]).dims) / static_cast<double>(weight.shape[0]);
    const auto outputs = weight.shape[static_cast<std::size_t>(weight.output_axis)];
    return outputs == 0 ? 0 : product(types.at(node.outputs[0]).dims) / static_cast<double>(outputs);
}

/// Of a product of two activations, as in attention: outputs times the length of the sums.
double product_macs(const Node& node, const std::map<std::string, ValueType>& types) {
    if (node.op != "MatMul") return 0;
    const Dims& a = types.at(node.inputs[0]).dims;
    return product(types.at(node.outputs[0]).dims) * (a.empty() ? 1 : product({a.back()}));
}

}  // namespace

std::vector<LayerInfo> layers(const Graph& graph) {
    const auto types = infer_types(graph);
    std::map<std::string, prune::Candidate> weights;
    for (prune::Candidate& candidate : candidates(graph, graph.initializers))
        weights.emplace(candidate.name, std::move(candidate));
    const double batch = batch_of(graph);
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
            const double each = uses(node, weight->second, types) / batch;
            layer.macs = static_cast<double>(tensor->second.count()) * each;
            layer.nonzero_macs = static_cast<double>(nonzeros) * each;
            layer.structure = structure_of(weight->second);
        }
        if (layer.weight.empty()) layer.macs = layer.nonzero_macs = product_macs(node, types) / batch;
        found.push_back(std::move(layer));
    }
    return found;
}

}  // namespace espalier::surgery
