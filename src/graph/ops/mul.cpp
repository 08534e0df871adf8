// Mul: element-wise product with numpy broadcasting.
#include "graph/op.h"

namespace espalier::ops_ {

extern const Operator mul{.name = "Mul",
                          .summary = "element-wise product",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_broadcast};

}  // namespace espalier::ops_
