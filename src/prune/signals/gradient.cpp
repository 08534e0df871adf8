#include "prune/request/signal.h"

namespace espalier::prune::signals_::gradient_ {

extern const Signal gradient{.name = "gradient", .summary = "mean of dL/dw", .noun = "gradient"};

}  // namespace espalier::prune::signals_::gradient_
