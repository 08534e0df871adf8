// ||x_j||: the root of the sum of squares of input feature j over all examples
#include "graph/op.h"
#include "train/signal_source.h"

namespace espalier::train::signals_::input_norm_ {
namespace {

/// Of each input feature, over the batch and all positions. Groups of a convolution share the kernels' input
/// axis, and so one sum a place in it.
at::Tensor squares(const Node& node, const at::Tensor& x) {
    if (node.op == "Conv") {
        const std::int64_t groups = node.attribute_int("group", 1);
        std::vector<std::int64_t> others = {0};
        for (std::int64_t axis = 2; axis < x.dim(); ++axis) others.push_back(axis);
        return x.square().sum(others).view({groups, x.size(1) / groups}).sum(0);
    }
    const bool transposed = node.op == "Gemm" && node.attribute_int("transA", 0) != 0;
    const at::Tensor rows = transposed ? x.t() : x;
    return rows.square().reshape({-1, rows.size(-1)}).sum(0);
}

ByWeight collect(Collector& collector) {
    BatchSum sum;
    const Graph& graph = collector.request().graph;
    const auto observe = [&](const Node& node, std::span<const at::Tensor> inputs) {
        const int weight = espalier::ops().get(node.op).weight_input;
        if (weight < 0) return;
        const std::string& name = node.inputs[static_cast<std::size_t>(weight)];
        if (graph.initializers.contains(name)) sum.add(name, squares(node, inputs[0]));
    };
    const at::NoGradGuard no_grad;
    collector.for_each_batch(collector.batch_size(), collector.request().batches, [&](const Batch& batch) {
        collector.executor().forward(batch.images, {}, observe);
    });
    return sum.root();
}

}  // namespace

extern const SignalSource input_norm{
    .name = "input-norm", .summary = "of what each layer reads", .collect = collect};

}  // namespace espalier::train::signals_::input_norm_
