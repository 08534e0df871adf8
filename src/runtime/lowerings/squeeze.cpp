// Squeeze: the same elements under another shape.
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::squeeze_ {

extern const Lowering squeeze{.name = "Squeeze", .summary = "without dimensions of size 1", .view = true};

}  // namespace espalier::runtime::lowerings_::squeeze_
