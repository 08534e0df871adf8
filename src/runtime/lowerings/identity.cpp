// Identity: the same value under another name.
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::identity_ {

extern const Lowering identity{.name = "Identity", .summary = "the same value", .view = true};

}  // namespace espalier::runtime::lowerings_::identity_
