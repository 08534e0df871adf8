// Unsqueeze: the same elements under another shape.
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::unsqueeze_ {

extern const Lowering unsqueeze{
    .name = "Unsqueeze", .summary = "with added dimensions of size 1", .view = true};

}  // namespace espalier::runtime::lowerings_::unsqueeze_
