#include "prune/request/signal.h"

namespace espalier::prune::signals_::movement_ {

extern const Signal movement{
    .name = "movement", .summary = "-w dL/dw, summed over all steps of the training", .noun = "movement"};

}  // namespace espalier::prune::signals_::movement_
