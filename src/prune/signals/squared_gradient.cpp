#include "prune/request/signal.h"

namespace espalier::prune::signals_::squared_gradient_ {

extern const Signal squared_gradient{
    .name = "squared-gradient",
    .summary = "mean of (dL/dw)^2 over examples: the diagonal of the empirical Fisher matrix",
    .noun = "squared gradient"};

}  // namespace espalier::prune::signals_::squared_gradient_
