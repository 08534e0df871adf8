#include "surgery/own_copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/analysis/readers.h"
#include "graph/op.h"
#include "surgery/pass.h"
#include "tensor/convert.h"

namespace espalier::surgery {
namespace {

bool can_be_trained(const Tensor& tensor) { return tensor.rank() > 0 && is_float(tensor.dtype()); }

void replace_shared_identities(Graph& graph) {
    std::map<std::string, int> reads = count_reads(graph);
    for (Node& node : graph.nodes) {
        if (node.op != "Identity" || is_output(graph, node.outputs[0])) continue;
        const auto source = graph.initializers.find(node.inputs[0]);
        if (source == graph.initializers.end() || !can_be_trained(source->second)) continue;
        if (reads.at(source->first) == 1) continue;  // nobody to share with
        --reads.at(source->first);
        graph.initializers.emplace(node.outputs[0], source->second);
        node.outputs.clear();
    }
    remove_taken_out(graph);
}

std::string fresh_name(const Graph& graph, const std::map<std::string, ValueType>& types, std::string name) {
    while (types.contains(name) || graph.initializers.contains(name)) name += '_';
    return name;
}

void separate_statistics(Graph& graph) {
    const auto types = infer_types(graph);
    std::map<std::string, int> reads = count_reads(graph);
    for (Node& node : graph.nodes) {
        const Operator* op = ops().find(node.op);
        if (op == nullptr) continue;
        for (const std::size_t index : op->buffers) {
            if (index >= node.inputs.size()) continue;
            std::string& input = node.inputs[index];
            const auto shared = graph.initializers.find(input);
            if (shared == graph.initializers.end() || reads.at(input) == 1) continue;
            --reads.at(input);
            const std::string own =
                fresh_name(graph, types, fmt::format("{}.statistic{}", node.outputs[0], index));
            graph.initializers.emplace(own, shared->second);
            input = own;
        }
    }
}

}  // namespace

void give_own_copies(Graph& graph) {
    replace_shared_identities(graph);
    separate_statistics(graph);
}

}  // namespace espalier::surgery
