#include "prune/request/signal.h"

namespace espalier::prune::signals_::input_norm_ {

extern const Signal input_norm{.name = "input-norm",
                               .summary = "||x_j||_2 of each input feature over the chosen examples",
                               .noun = "input norm",
                               .count = Signal::Count::inputs};

}  // namespace espalier::prune::signals_::input_norm_
