// Dropout: outside of training the same value.
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_ {

extern const Lowering dropout{.name = "Dropout", .summary = "the same value", .view = true};

}  // namespace espalier::runtime::lowerings_
