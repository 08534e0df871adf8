// Squeeze: dx has dy's elements.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::squeeze_ {

extern const GradientRule squeeze{
    .name = "Squeeze", .summary = "dx has dy's elements", .derive = derive_reshape};

}  // namespace espalier::gradients_::squeeze_
