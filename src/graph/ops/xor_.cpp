// Xor: of booleans, with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::xor_ {
namespace {

void infer(InferContext& context) {
    context.require_boolean(0);
    infer_broadcast(context);
}

void evaluate(Evaluation& e) {
    zip<bool, bool>(e, [](bool a, bool b) { return a != b; });
}

}  // namespace

extern const Operator xor_{.name = "Xor",
                           .summary = "one and not the other",
                           .min_inputs = 2,
                           .max_inputs = 2,
                           .infer = infer,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::xor_
