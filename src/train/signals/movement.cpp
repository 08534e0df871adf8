// -w dL/dw, summed over the steps of a training
#include "train/signal_source.h"

namespace espalier::train::signals_::movement_ {
namespace {

ByWeight collect(Collector& collector) { return collector.given(collector.request().movement); }

}  // namespace

extern const SignalSource movement{
    .name = "movement", .summary = "of the training that went before", .collect = collect};

}  // namespace espalier::train::signals_::movement_
