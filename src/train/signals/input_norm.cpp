// ||x_j||: the root of the sum of squares of input feature j over all examples
#include "graph/analysis/weight_forms.h"
#include "train/signal_source.h"

namespace espalier::train::signals_::input_norm_ {
namespace {

/// Of each input feature, over the batch and all positions. Groups of a convolution share the kernels' input
/// axis, and so one sum a place in it.
at::Tensor squares(const Node& node, const WeightRead& read, const at::Tensor& x) {
    if (node.op == "Conv" || node.op == "ConvTranspose") {
        const std::int64_t groups = node.op == "Conv" ? node.attribute_int("group", 1) : 1;
        std::vector<std::int64_t> others = {0};
        for (std::int64_t axis = 2; axis < x.dim(); ++axis) others.push_back(axis);
        return x.square().sum(others).view({groups, x.size(1) / groups}).sum(0);
    }
    // Features lie along rows of what a weight on the left reads.
    const char* const turns = read.input == 0 ? "transB" : "transA";
    const bool transposed = (node.op == "Gemm" && node.attribute_int(turns, 0) != 0) != (read.input == 0);
    const at::Tensor rows = transposed ? x.transpose(-1, -2) : x;
    return rows.square().reshape({-1, rows.size(-1)}).sum(0);
}

ByWeight collect(Collector& collector) {
    BatchSum sum;
    const WeightForms forms(collector.request().graph);
    const auto observe = [&](const Node& node, std::span<const at::Tensor> inputs) {
        const bool recurrent = node.op == "LSTM" || node.op == "GRU" || node.op == "RNN";
        for (const WeightRead& read : forms.read_by(node)) {
            if (read.on_request || recurrent) continue;  // the state is no input that can be seen
            sum.add(read.weight, squares(node, read, inputs[1 - read.input]));
        }
    };
    const at::NoGradGuard no_grad;
    collector.for_each_batch(collector.batch_size(), collector.request().batches, [&](const Batch& batch) {
        collector.executor().forward(batch.inputs, {}, observe);
    });
    return sum.root();
}

}  // namespace

extern const SignalSource input_norm{
    .name = "input-norm", .summary = "of what each layer reads", .collect = collect};

}  // namespace espalier::train::signals_::input_norm_
