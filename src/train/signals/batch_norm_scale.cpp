// gamma of the batch normalisation behind each layer
#include "graph/analysis/scales.h"
#include "train/signal_source.h"

namespace espalier::train::signals_::batch_norm_scale_ {
namespace {

ByWeight collect(Collector& collector) {
    return scales_behind(collector.request().graph, collector.request().weights);
}

}  // namespace

extern const SignalSource batch_norm_scale{
    .name = "batch-norm-scale", .summary = "as the network holds it", .collect = collect};

}  // namespace espalier::train::signals_::batch_norm_scale_
