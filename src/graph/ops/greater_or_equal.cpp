// GreaterOrEqual: a >= b, with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::greater_or_equal_ {
namespace {

void infer(InferContext& context) {
    infer_broadcast(context);
    context.set_output(0, {DType::boolean, broadcast_all(context)});
}

void evaluate(Evaluation& e) {
    compare_numbers(e, [](auto a, auto b) { return a >= b; });
}

}  // namespace

extern const Operator greater_or_equal{.name = "GreaterOrEqual",
                                       .summary = "a >= b",
                                       .min_inputs = 2,
                                       .max_inputs = 2,
                                       .infer = infer,
                                       .evaluate = evaluate,
                                       .couple = couple_elements};

}  // namespace espalier::ops_::greater_or_equal_
