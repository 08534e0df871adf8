// Or: of booleans, with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::or_ {
namespace {

void infer(InferContext& context) {
    context.require_boolean(0);
    infer_broadcast(context);
}

void evaluate(Evaluation& e) {
    zip<bool, bool>(e, [](bool a, bool b) { return a || b; });
}

}  // namespace

extern const Operator or_{.name = "Or",
                          .summary = "either or both",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::or_
