#include "prune/request/signal.h"

namespace espalier::prune::signals_::output_sum_ {

extern const Signal output_sum{.name = "output-sum",
                               .summary = "sum of |w| over all inputs, of each output",
                               .noun = "sums of weights by output",
                               .count = Signal::Count::outputs};

}  // namespace espalier::prune::signals_::output_sum_
