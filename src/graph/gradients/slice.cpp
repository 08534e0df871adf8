// Slice: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::slice_ {

extern const GradientRule slice{.name = "Slice",
                                .summary = "dx is the sum of dy at the places to which x was moved",
                                .derive = derive_moved};

}  // namespace espalier::gradients_::slice_
