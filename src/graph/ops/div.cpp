// Div: element-wise quotient with numpy broadcasting.
#include "graph/op.h"

namespace espalier::ops_ {

extern const Operator div{.name = "Div",
                          .summary = "element-wise quotient",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_broadcast};

}  // namespace espalier::ops_
