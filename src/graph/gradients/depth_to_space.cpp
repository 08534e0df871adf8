// DepthToSpace: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::depth_to_space_ {

extern const GradientRule depth_to_space{.name = "DepthToSpace",
                                         .summary = "dx is the sum of dy at the places to which x was moved",
                                         .derive = derive_moved};

}  // namespace espalier::gradients_::depth_to_space_
