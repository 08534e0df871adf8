// Identity: y = x.
#include "graph/op.h"

namespace espalier::ops_ {

extern const Operator identity{.name = "Identity", .summary = "a copy", .infer = infer_same};

}  // namespace espalier::ops_
