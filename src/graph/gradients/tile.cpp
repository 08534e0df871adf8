// Tile: dx is the sum of dy at the places to which x was moved.
#include "graph/gradient/moved.h"

namespace espalier::gradients_::tile_ {

extern const GradientRule tile{.name = "Tile",
                               .summary = "dx is the sum of dy at the places to which x was moved",
                               .derive = derive_moved};

}  // namespace espalier::gradients_::tile_
