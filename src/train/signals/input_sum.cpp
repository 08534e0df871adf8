// sums of |w| by input, of the weights as they are
#include "graph/op.h"
#include "prune/request/weight_sums.h"
#include "train/signal_source.h"

namespace espalier::train::signals_::input_sum_ {
namespace {

ByWeight collect(Collector& collector) {
    ByWeight sums;
    const auto& include = collector.request().recipe.prune.include;
    for (const PrunableWeight& weight : prunable(collector.request().graph, include)) {
        const Tensor& tensor = collector.request().weights.at(weight.name);
        sums.emplace(weight.name, prune::input_sums({.name = weight.name,
                                                     .shape = tensor.shape(),
                                                     .weight = tensor.f32(),
                                                     .output_axis = weight.output_axis}));
    }
    return sums;
}

}  // namespace

extern const SignalSource input_sum{
    .name = "input-sum", .summary = "of the weights as they are", .collect = collect};

}  // namespace espalier::train::signals_::input_sum_
