// Gather: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::gather_ {

extern const GradientRule gather{.name = "Gather",
                                 .summary = "dx is the sum of dy at the places to which x was moved",
                                 .derive = derive_moved};

}  // namespace espalier::gradients_::gather_
