// Relu: y = max(x, 0).
#include "graph/op.h"

namespace espalier::ops_ {

extern const Operator relu{.name = "Relu", .summary = "max(x, 0)", .infer = infer_same};

}  // namespace espalier::ops_
