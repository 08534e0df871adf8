// w at step 0, as the training kept it
#include "train/signal_source.h"

namespace espalier::train::signals_::initial_weight_ {
namespace {

ByWeight collect(Collector& collector) { return collector.given(collector.request().initial); }

}  // namespace

extern const SignalSource initial_weight{
    .name = "initial-weight", .summary = "of the training that goes on", .collect = collect};

}  // namespace espalier::train::signals_::initial_weight_
