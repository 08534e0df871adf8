#include "prune/request/signal.h"

namespace espalier::prune::signals_::input_sum_ {

extern const Signal input_sum{
    .name = "input-sum",
    .summary = "sum of |w| over all outputs, of each input (and place in the kernel)",
    .noun = "sums of weights by input",
    .count = Signal::Count::inputs};

}  // namespace espalier::prune::signals_::input_sum_
