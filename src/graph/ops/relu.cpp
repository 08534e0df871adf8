// Relu: y = max(x, 0).
#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) { context.set_output(0, context.input(0)); }

}  // namespace

extern const Operator relu{.name = "Relu", .summary = "max(x, 0)", .infer = infer};

}  // namespace espalier::ops_
