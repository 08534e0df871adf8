// SpaceToDepth: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::space_to_depth_ {

extern const GradientRule space_to_depth{.name = "SpaceToDepth",
                                         .summary = "dx is the sum of dy at the places to which x was moved",
                                         .derive = derive_moved};

}  // namespace espalier::gradients_::space_to_depth_
