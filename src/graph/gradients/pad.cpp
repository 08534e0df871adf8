// Pad: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::pad_ {

extern const GradientRule pad{.name = "Pad",
                              .summary = "dx is the sum of dy at the places to which x was moved",
                              .derive = derive_moved};

}  // namespace espalier::gradients_::pad_
