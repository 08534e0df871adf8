// Expand: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::expand_ {

extern const GradientRule expand{.name = "Expand",
                                 .summary = "dx is the sum of dy at the places to which x was moved",
                                 .derive = derive_moved};

}  // namespace espalier::gradients_::expand_
