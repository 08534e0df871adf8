// g = mean over batches of dL/dw
#include "train/signal_source.h"

namespace espalier::train::signals_::gradient_ {
namespace {

ByWeight collect(Collector& collector) {
    BatchSum sum;
    collector.for_each_batch(collector.batch_size(), collector.request().batches, [&](const Batch& batch) {
        for (const auto& [name, value] : collector.gradients(batch)) sum.add(name, value);
        sum.end_batch();
    });
    return sum.mean();
}

}  // namespace

extern const SignalSource gradient{
    .name = "gradient", .summary = "of batches, by backpropagation", .collect = collect};

}  // namespace espalier::train::signals_::gradient_
