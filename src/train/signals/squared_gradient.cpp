// F = mean over examples of (dL/dw)^2, the diagonal of the empirical Fisher matrix
#include "train/signal_source.h"

namespace espalier::train::signals_::squared_gradient_ {
namespace {

ByWeight collect(Collector& collector) {
    BatchSum sum;
    const std::int64_t examples = collector.request().batches * collector.batch_size();
    collector.for_each_batch(1, examples, [&](const Batch& example) {
        for (const auto& [name, value] : collector.gradients(example)) sum.add(name, value.square());
        sum.end_batch();
    });
    return sum.mean();
}

}  // namespace

extern const SignalSource squared_gradient{
    .name = "squared-gradient", .summary = "of single examples, by backpropagation", .collect = collect};

}  // namespace espalier::train::signals_::squared_gradient_
