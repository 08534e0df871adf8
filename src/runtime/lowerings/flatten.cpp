// Flatten: the same elements as a matrix.
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::flatten_ {

extern const Lowering flatten{.name = "Flatten", .summary = "to a matrix", .view = true};

}  // namespace espalier::runtime::lowerings_::flatten_
