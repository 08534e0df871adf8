// Add: element-wise sum with numpy broadcasting.
#include "graph/op.h"

namespace espalier::ops_ {

extern const Operator add{
    .name = "Add", .summary = "element-wise sum", .min_inputs = 2, .max_inputs = 2, .infer = infer_broadcast};

}  // namespace espalier::ops_
