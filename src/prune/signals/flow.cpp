#include "prune/request/signal.h"

namespace espalier::prune::signals_::flow_ {

extern const Signal flow{
    .name = "flow",
    .summary = "dR/d|w| of R = the outputs of the network of |w| for an input of ones, over R",
    .noun = "synaptic flow"};

}  // namespace espalier::prune::signals_::flow_
