// Flatten: dx has dy's elements.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::flatten_ {

extern const GradientRule flatten{
    .name = "Flatten", .summary = "dx has dy's elements", .derive = derive_reshape};

}  // namespace espalier::gradients_::flatten_
