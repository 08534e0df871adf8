// A BatchNormalization behind a convolution or a fully connected layer goes into its weights and bias
// (graph/computation/channel_affine.h). Zeros of the weights stay zero. Switch it off for a network that is
// going to be trained.
#include <algorithm>

#include "graph/analysis/readers.h"
#include "graph/computation/channel_affine.h"
#include "surgery/pass.h"

namespace espalier::surgery::passes_::batch_norm_ {
namespace {

/// Its weight has one row an output, and it adds nothing but a bias of one number an output.
bool takes_norm(const Node& node, const Graph& graph) {
    if (node.op != "Conv" && node.op != "Gemm") return false;
    if (!is_constant_from(node, 1, graph) || node.outputs.size() != 1) return false;
    const Tensor& weight = graph.initializers.at(node.inputs[1]);
    if (weight.dtype() != DType::f32 || weight.shape()[0] == 0) return false;
    if (node.inputs.size() > 2 && !node.inputs[2].empty() &&
        graph.initializers.at(node.inputs[2]).shape() != Shape{weight.shape()[0]})
        return false;
    return node.op == "Conv" ||
           (node.attribute_int("transA", 0) == 0 && node.attribute_int("transB", 0) != 0 &&
            node.attribute_float("alpha", 1) == 1 && node.attribute_float("beta", 1) == 1);
}

bool is_plain_norm(const Node& node, const Graph& graph) {
    return node.op == "BatchNormalization" && node.outputs.size() == 1 && is_constant_from(node, 1, graph) &&
           graph.initializers.at(node.inputs[1]).dtype() == DType::f32;
}

std::string fresh(const Graph& graph, const std::map<std::string, ValueType>& types, std::string name) {
    while (types.contains(name) || graph.initializers.contains(name)) name += '_';
    return name;
}

/// The node's own initialiser at `input`: of its name if nobody else reads it, else a copy.
Tensor& own(Graph& graph, Node& node, std::size_t input, const Readers& readers,
            const std::map<std::string, ValueType>& types) {
    const std::string name = node.inputs[input];
    if (readers.only(name) == &node) return graph.initializers.at(name);
    node.inputs[input] = fresh(graph, types, name + ".folded");
    return graph.initializers.emplace(node.inputs[input], graph.initializers.at(name)).first->second;
}

std::int64_t run(Graph& graph) {
    const auto types = infer_types(graph);
    const Readers readers(graph);
    std::int64_t gone = 0;
    for (Node& node : graph.nodes) {
        if (!takes_norm(node, graph)) continue;
        const Node* reader = readers.only(node.outputs[0]);
        if (reader == nullptr || !is_plain_norm(*reader, graph)) continue;
        Node& norm = graph.nodes[static_cast<std::size_t>(reader - graph.nodes.data())];
        if (norm.inputs[0] != node.outputs[0]) continue;
        const ChannelAffine affine = channel_affine(norm, graph);
        Tensor& weight = own(graph, node, 1, readers, types);
        if (node.inputs.size() < 3 || node.inputs[2].empty()) {
            node.inputs.resize(3);
            node.inputs[2] = fresh(graph, types, node.outputs[0] + ".bias");
            graph.initializers.emplace(node.inputs[2], Tensor(DType::f32, {weight.shape()[0]}));
            affine.fold_into(weight.f32(), graph.initializers.at(node.inputs[2]).f32());
        } else {
            affine.fold_into(weight.f32(), own(graph, node, 2, readers, types).f32());
        }
        node.outputs[0] = norm.outputs[0];
        norm.outputs.clear();
        ++gone;
    }
    remove_taken_out(graph);
    return gone;
}

}  // namespace

extern const Pass batch_norm{.name = "batch-norm",
                             .summary = "BatchNormalization goes into the layer before it",
                             .position = 40,
                             .run = run};

}  // namespace espalier::surgery::passes_::batch_norm_
