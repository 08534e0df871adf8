// Split: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::split_ {

extern const GradientRule split{.name = "Split",
                                .summary = "dx is the sum of dy at the places to which x was moved",
                                .derive = derive_moved};

}  // namespace espalier::gradients_::split_
