#include "graph/analysis/macs.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string_view>

#include "espalier/error.h"
#include "graph/analysis/inference.h"
#include "graph/analysis/input_shapes.h"
#include "graph/computation/einsum.h"

namespace espalier {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// In floating point, as sizes come from files.
double product(const Dims& dims) {
    double count = 1;
    for (const Dim& dim : dims) count *= dim.is_fixed() ? static_cast<double>(dim.size()) : kUnknown;
    return count;
}

/// One multiply-add for each input behind the first, at each combination of all labels.
double einsum_products(const Node& node, const Types& types) {
    std::vector<std::size_t> ranks;
    for (const std::string& input : node.inputs) ranks.push_back(types.at(input).dims.size());
    if (ranks.size() < 2) return 0;
    const EinsumForm form = EinsumForm::of(node, ranks);
    Dims sizes(form.labels, Dim(1));
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        const Dims& dims = types.at(node.inputs[i]).dims;
        for (std::size_t d = 0; d < dims.size(); ++d) {
            Dim& size = sizes[form.inputs[i][d]];
            if (size == Dim(1)) size = dims[d];
        }
    }
    return product(sizes) * static_cast<double>(ranks.size() - 1);
}

bool is_product(const std::string& op) {
    constexpr std::string_view kProducts[] = {"MatMul", "Gemm", "Conv", "ConvTranspose",
                                              "LSTM",   "GRU",  "RNN",  "Einsum"};
    return std::ranges::find(kProducts, op) != std::end(kProducts);
}

/// How often a body runs, and which of two, is known only when it does.
bool has_products_inside(const Node& node) {
    return std::ranges::any_of(node.attributes, [](const auto& attribute) {
        const auto* body = std::get_if<Subgraph>(&attribute.second);
        return body != nullptr && std::ranges::any_of(body->graph().nodes, [](const Node& inner) {
                   return is_product(inner.op) || has_products_inside(inner);
               });
    });
}

bool is_ranked(const Node& node, const Types& types) {
    const auto ranked = [&](const std::string& name) { return name.empty() || types.at(name).is_ranked; };
    return std::ranges::all_of(node.inputs, ranked) && std::ranges::all_of(node.outputs, ranked);
}

Types types_with(const Graph& graph, const std::vector<Value>& inputs) {
    Inference inference(graph.initializers);
    for (const Value& input : inputs) inference.define(input.name, input.type);
    for (const auto& [name, tensor] : graph.initializers)
        inference.define(name, {tensor.dtype(), to_dims(tensor.shape())});
    for (const Node& node : graph.nodes) inference.infer(node);
    return std::move(inference).take_types();
}

}  // namespace

double batch_of(const Graph& graph) {
    if (graph.inputs.empty() || graph.inputs[0].type.dims.empty()) return 1;
    const Dim& first = graph.inputs[0].type.dims[0];
    return first.is_fixed() && first.size() > 0 ? static_cast<double>(first.size()) : 1;
}

Types types_of_one_example(const Graph& graph) {
    const std::set<std::string> batch = batch_symbols(graph);
    const auto bind = [&](Dims& dims) {
        for (Dim& dim : dims)
            if (batch.contains(dim.symbol())) dim = Dim(1);
    };
    std::vector<Value> inputs = graph.inputs;
    for (Value& input : inputs) {
        bind(input.type.dims);
        if (!input.type.dims.empty() && !input.type.dims[0].is_fixed()) input.type.dims[0] = Dim(1);
    }
    try {
        return types_with(graph, inputs);
    } catch (const InvalidModel&) {
        // One example need not be a batch that the network takes, as where groups of frames are folded into
        // it.
        Types types = infer_types(graph);
        for (auto& [name, type] : types) bind(type.dims);
        return types;
    }
}

double uses_of_weight(const Node& node, std::size_t input, const Shape& shape, const Types& types) {
    if (element_count(shape) == 0) return 0;
    if (!is_ranked(node, types)) return kUnknown;
    if (node.op == "Gather") return 0;                                // only reads
    if (node.op == "LSTM" || node.op == "GRU" || node.op == "RNN") {  // once a step
        const Dims& x = types.at(node.inputs[0]).dims;
        return product({x[0], x[1]});
    }
    if (node.op == "ConvTranspose")  // once a position of the input
        return product(types.at(node.inputs[0]).dims) / static_cast<double>(shape[0]);
    // Each output is a sum over all weights of one of so many rows.
    const double out = product(types.at(node.outputs[0]).dims);
    if (node.op == "MatMul") {
        const double inner = static_cast<double>(shape[shape.size() - (input == 0 ? 1 : 2)]);
        return out * inner / static_cast<double>(element_count(shape));
    }
    std::size_t axis = 0;
    if (node.op == "Gemm") {
        const bool turned = node.attribute_int(input == 0 ? "transA" : "transB", 0) != 0;
        axis = turned == (input == 0) ? 1 : 0;
    }
    return out / static_cast<double>(shape[axis]);
}

double macs_without_weight(const Node& node, const Types& types) {
    if (!is_ranked(node, types)) return is_product(node.op) ? kUnknown : 0;
    const auto dims = [&](std::size_t input) -> const Dims& { return types.at(node.inputs[input]).dims; };
    const Dims* out = node.outputs[0].empty() ? nullptr : &types.at(node.outputs[0]).dims;
    if (node.op == "MatMul") return product(*out) * (dims(0).empty() ? 1 : product({dims(0).back()}));
    if (node.op == "Gemm")
        return product(*out) * product({dims(0)[node.attribute_int("transA", 0) == 0 ? 1 : 0]});
    if (node.op == "Conv") {
        const double channels = product({dims(1).front()});
        return channels == 0 ? 0 : product(*out) * product(dims(1)) / channels;
    }
    if (node.op == "ConvTranspose") {  // each element of the input is spread by all weights of its channel
        const double channels = product({dims(1).front()});
        return channels == 0 ? 0 : product(dims(0)) * product(dims(1)) / channels;
    }
    if (node.op == "LSTM" || node.op == "GRU" || node.op == "RNN")  // all of W and R at every step
        return product({dims(0)[0], dims(0)[1]}) * (product(dims(1)) + product(dims(2)));
    if (node.op == "Einsum") return einsum_products(node, types);
    return has_products_inside(node) ? kUnknown : 0;
}

}  // namespace espalier
