// H g for the mean loss L of all batches: the gradient of <g, stop(g)>, batch by batch, as H is their mean.
#include <torch/csrc/autograd/autograd.h>

#include "train/signal_source.h"

namespace espalier::train::signals_::hessian_gradient_ {
namespace {

/// One batch's part: d <dL/dw, g> / dw.
void add_product(Collector& collector, const Batch& batch, const std::vector<std::string>& names,
                 const std::vector<at::Tensor>& leaves, const std::vector<at::Tensor>& g, BatchSum& sum) {
    const at::Tensor loss = collector.loss_of(batch);
    const auto first = torch::autograd::grad({loss}, leaves, {}, true, true, true);
    at::Tensor product = at::zeros({});
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        if (first[i].defined()) product = product + (first[i] * g[i]).sum();
    }
    const auto second = torch::autograd::grad({product}, leaves, {}, false, false, true);
    for (std::size_t i = 0; i < leaves.size(); ++i)
        sum.add(names[i], second[i].defined() ? second[i] : at::zeros_like(leaves[i]));
    sum.end_batch();
}

ByWeight collect(Collector& collector) {
    const ByWeight gradient = signals().get("gradient").collect(collector);
    std::vector<std::string> names;
    std::vector<at::Tensor> leaves;
    std::vector<at::Tensor> g;
    for (auto& [name, value] : collector.executor().parameters()) {
        names.push_back(name);
        leaves.push_back(value);
        g.push_back(at::tensor(gradient.at(name)).view(value.sizes()));
    }
    BatchSum sum;
    collector.for_each_batch(collector.batch_size(), collector.request().batches, [&](const Batch& batch) {
        add_product(collector, batch, names, leaves, g, sum);
    });
    return sum.mean();
}

}  // namespace

extern const SignalSource hessian_gradient{
    .name = "hessian-gradient", .summary = "backpropagation twice", .collect = collect};

}  // namespace espalier::train::signals_::hessian_gradient_
