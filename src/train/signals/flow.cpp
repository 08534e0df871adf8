// dR/d|w| of R = the sum of the outputs for an input of ones, on the network of |w| without what is only
// added and normalisations, over R Tanaka et al. 2020, "Pruning neural networks without any data". In double:
// R grows with the depth like a product of layer norms.
#include <fmt/format.h>

#include <set>

#include "espalier/error.h"
#include "graph/analysis/unbounded.h"
#include "train/loss.h"
#include "train/signal_source.h"

namespace espalier::train::signals_::flow_ {
namespace {

/// Nothing open: a batch of one.
Inputs ones_for(const Graph& graph) {
    Inputs inputs;
    for (const Value& input : graph.inputs) {
        if (input.type.dtype != DType::f32)
            throw Unsupported(fmt::format("flow is of real numbers, and input \"{}\" is {}", input.name,
                                          name_of(input.type.dtype)));
        std::vector<std::int64_t> shape = {1};
        const Dims& dims = input.type.dims;
        for (std::size_t i = 1; i < dims.size(); ++i) shape.push_back(dims[i].size());
        inputs.emplace(input.name, at::ones(shape, at::kDouble));
    }
    return inputs;
}

ByWeight collect(Collector& collector) {
    const Graph& graph = collector.request().graph;
    const std::set<std::string> added = offsets(graph);
    Executor positive(without_bounds(graph), collector.request().weights,
                      logits_of(graph, collector.request().recipe));
    positive.transform([&](const std::string& name, const at::Tensor& value) {
        return added.contains(name) ? at::zeros_like(value, at::kDouble) : value.abs().to(at::kDouble);
    });
    const at::Tensor total = positive.forward(ones_for(graph)).sum();
    total.backward();
    ByWeight out;
    for (auto& [name, value] : positive.parameters()) {
        if (value.grad().defined()) out.emplace(name, to_vector(value.grad() / total.detach()));
    }
    return out;
}

}  // namespace

extern const SignalSource flow{
    .name = "flow", .summary = "of the network of |w| on ones", .collect = collect};

}  // namespace espalier::train::signals_::flow_
