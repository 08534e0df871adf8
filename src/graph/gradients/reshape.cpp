// Reshape: dx has dy's elements.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::reshape_ {

extern const GradientRule reshape{
    .name = "Reshape", .summary = "dx has dy's elements", .derive = derive_reshape};

}  // namespace espalier::gradients_::reshape_
