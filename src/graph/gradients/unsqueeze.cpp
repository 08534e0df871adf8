// Unsqueeze: dx has dy's elements.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::unsqueeze_ {

extern const GradientRule unsqueeze{
    .name = "Unsqueeze", .summary = "dx has dy's elements", .derive = derive_reshape};

}  // namespace espalier::gradients_::unsqueeze_
