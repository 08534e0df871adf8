#include "prune/request/signal.h"

namespace espalier::prune::signals_::batch_norm_scale_ {

extern const Signal batch_norm_scale{.name = "batch-norm-scale",
                                     .summary = "gamma of the normalisation behind the output",
                                     .noun = "batch normalisation scale",
                                     .count = Signal::Count::outputs};

}  // namespace espalier::prune::signals_::batch_norm_scale_
