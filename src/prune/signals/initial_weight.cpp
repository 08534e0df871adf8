#include "prune/request/signal.h"

namespace espalier::prune::signals_::initial_weight_ {

extern const Signal initial_weight{
    .name = "initial-weight", .summary = "the weight at step 0", .noun = "initial weight"};

}  // namespace espalier::prune::signals_::initial_weight_
