// Reshape: the same elements under another shape.
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::reshape_ {

extern const Lowering reshape{.name = "Reshape", .summary = "the same elements", .view = true};

}  // namespace espalier::runtime::lowerings_::reshape_
