// Identity: y = x.
#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) { context.set_output(0, context.input(0)); }

}  // namespace

extern const Operator identity{.name = "Identity", .summary = "a copy", .infer = infer};

}  // namespace espalier::ops_
