// Concat: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::concat_ {

extern const GradientRule concat{.name = "Concat",
                                 .summary = "dx is the sum of dy at the places to which x was moved",
                                 .derive = derive_moved};

}  // namespace espalier::gradients_::concat_
